import type { PublicDataset } from '../public-dataset.js';

const base =
  'https://raw.githubusercontent.com/mlschmitt/classic-books-markdown/944882722e9a96fa6cf2739dc2ea757e101f412f';

export const classicBooks = {
  about: 'thirty books of Austen, Dickens, London, Twain and Wells, six of each, as Markdown',
  licence: 'public domain',
  source: 'https://github.com/mlschmitt/classic-books-markdown',
  files: {
    'austen-emma.md': {
      url: `${base}/Jane%20Austen/Emma.md`,
      bytes: 889_921,
      sha256: '39784d345f2156f3a89384bbf9a3a9d902f80391339d295a30d13c2d1213203f',
    },
    'austen-lady-susan.md': {
      url: `${base}/Jane%20Austen/Lady%20Susan.md`,
      bytes: 127_822,
      sha256: '4dc9736506e3bf05230cfbbe38aaf79abffe02f9797d6fbf41353a36dd4cec1b',
    },
    'austen-mansfield-park.md': {
      url: `${base}/Jane%20Austen/Mansfield%20Park.md`,
      bytes: 888_605,
      sha256: 'c9a5d200904b9ae5fffab0cfa5478000fc888b145a3f781fb0f7de8e8b9ec1bc',
    },
    'austen-northanger-abbey.md': {
      url: `${base}/Jane%20Austen/Northanger%20Abbey.md`,
      bytes: 435_299,
      sha256: '798cf00687e650ec8ccc81da50aa56eb6532944ee2672cc70a6d0d72db1d1ee2',
    },
    'austen-persuasion.md': {
      url: `${base}/Jane%20Austen/Persuasion.md`,
      bytes: 467_559,
      sha256: 'b8ea8ec67b0d2842a8bb17e29c656abd188a3fa3071e134a4120d3fa1fb41d22',
    },
    'austen-pride-and-prejudice.md': {
      url: `${base}/Jane%20Austen/Pride%20and%20Prejudice.md`,
      bytes: 688_493,
      sha256: '1a7b76fa6d827b79926f09c33101216c9044b1c27a0461ab22315d952674dc31',
    },
    'dickens-a-christmas-carol.md': {
      url: `${base}/Charles%20Dickens/A%20Christmas%20Carol.md`,
      bytes: 159_412,
      sha256: 'e6b42759a2d06f3bf7b71e6bbbc361e1441d4ef8cf64c383bfbe0ca3c4b3ea2e',
    },
    'dickens-a-tale-of-two-cities.md': {
      url: `${base}/Charles%20Dickens/A%20Tale%20of%20Two%20Cities.md`,
      bytes: 765_230,
      sha256: '40d18bcf7361fae6ac31d2db506708abe2c97a503df7457dd2232a4e21286cc7',
    },
    'dickens-great-expectations.md': {
      url: `${base}/Charles%20Dickens/Great%20Expectations.md`,
      bytes: 1_005_767,
      sha256: '699e49d35f46084c5c5684fc9ecf5b3a2cc7f6fdb604ddf2b1a61c59111d65b6',
    },
    'dickens-hard-times.md': {
      url: `${base}/Charles%20Dickens/Hard%20Times.md`,
      bytes: 577_778,
      sha256: '9d663a938fa4da54f9fc62accd5b2e4d62649e4690b2310fe5dc345b56254775',
    },
    'dickens-oliver-twist.md': {
      url: `${base}/Charles%20Dickens/Oliver%20Twist.md`,
      bytes: 900_664,
      sha256: '0697303e9992f1cd3b553c132b42c135c1896ae468eab4575b62b6dd96900954',
    },
    'dickens-some-short-christmas-stories.md': {
      url: `${base}/Charles%20Dickens/Some%20Short%20Christmas%20Stories.md`,
      bytes: 115_382,
      sha256: '2a0b909143807cf251da37f5e13cab16931e26b8b796259be6db37397d7163ae',
    },
    'london-martin-eden.md': {
      url: `${base}/Jack%20London/Martin%20Eden.md`,
      bytes: 781_162,
      sha256: 'be378c6aed4e4d1963bc11ea2ebacd09e718ec744c5e2e46791a0fd64b672606',
    },
    'london-the-call-of-the-wild.md': {
      url: `${base}/Jack%20London/The%20Call%20of%20the%20Wild.md`,
      bytes: 176_377,
      sha256: '82457f8db7ab303ade3d941db9d8baa28cad520ba997b31402a720fa0d911292',
    },
    'london-the-iron-heel.md': {
      url: `${base}/Jack%20London/The%20Iron%20Heel.md`,
      bytes: 501_477,
      sha256: '953c1397b0933e85107cfed4f55709c5c76596f37fc5dce2eaad2d7c26895581',
    },
    'london-the-road.md': {
      url: `${base}/Jack%20London/The%20Road.md`,
      bytes: 271_606,
      sha256: '47c0bb212e77dfdc8ab3fba08c00d725398ad992bffe2ede3a7f5ae4515e050e',
    },
    'london-the-sea-wolf.md': {
      url: `${base}/Jack%20London/The%20Sea%20Wolf.md`,
      bytes: 583_766,
      sha256: 'b9f50d587749150413bb0b5c4e8bb4960d0e18dc890112ac015127e79053bae1',
    },
    'london-white-fang.md': {
      url: `${base}/Jack%20London/White%20Fang.md`,
      bytes: 402_719,
      sha256: '0091282658678dc880d8c12e86d46750990886a7e2c586c41fd5b6a1597bcbd8',
    },
    'twain-a-connecticut-yankee-in-king-arthurs-court.md': {
      url: `${base}/Mark%20Twain/A%20Connecticut%20Yankee%20in%20King%20Arthur%27s%20Court.md`,
      bytes: 642_764,
      sha256: '29078f33417a41c8d817347b39700206e1703942e61e6f2792e9c603acdd336c',
    },
    'twain-adventures-of-huckleberry-finn.md': {
      url: `${base}/Mark%20Twain/Adventures%20of%20Huckleberry%20Finn.md`,
      bytes: 570_939,
      sha256: 'd82738324be6913db9e744b73598e4fc8781a897976a3c8b042a0ae114ad0c52',
    },
    'twain-life-on-the-mississippi.md': {
      url: `${base}/Mark%20Twain/Life%20on%20the%20Mississippi.md`,
      bytes: 723_163,
      sha256: '09d2b34a51b93ebedd65e865731fca81acaae5b82108206d9a3ef6e7902ceeb0',
    },
    'twain-roughing-it.md': {
      url: `${base}/Mark%20Twain/Roughing%20It.md`,
      bytes: 867_954,
      sha256: '3993497fc312f5dbfda852596e07ac33bd261cfb7a6062de38576ae358f2d5b1',
    },
    'twain-the-adventures-of-tom-sawyer.md': {
      url: `${base}/Mark%20Twain/The%20Adventures%20of%20Tom%20Sawyer.md`,
      bytes: 392_488,
      sha256: '9369302e11c3313de62a4056f7dae39145f19e1f6f81c82c3a06833bcfa944df',
    },
    'twain-the-prince-and-the-pauper.md': {
      url: `${base}/Mark%20Twain/The%20Prince%20and%20the%20Pauper.md`,
      bytes: 377_715,
      sha256: 'eee2b0ebfe5b7af1e604db1b41ad75e8884ba087654faa736789b6f8e69604a5',
    },
    'wells-the-first-men-in-the-moon.md': {
      url: `${base}/H.G.%20Wells/The%20First%20Men%20in%20the%20Moon.md`,
      bytes: 382_682,
      sha256: '3fc4800b170b25575a6843fbb33cd1786fd4f4b56b0c8931ebde1af0c8929249',
    },
    'wells-the-history-of-mr-polly.md': {
      url: `${base}/H.G.%20Wells/The%20History%20of%20Mr%20Polly.md`,
      bytes: 396_996,
      sha256: '3f7b5b10cdaf3531800811f2ec2f955952a8b207b4bbfe9cbe7b561587e99a4b',
    },
    'wells-the-invisible-man.md': {
      url: `${base}/H.G.%20Wells/The%20Invisible%20Man.md`,
      bytes: 274_701,
      sha256: '28a95c5bc25cc95e840c3117116392b84de46cbbd59b990b96c348d09c380a48',
    },
    'wells-the-island-of-doctor-moreau.md': {
      url: `${base}/H.G.%20Wells/The%20Island%20of%20Doctor%20Moreau.md`,
      bytes: 241_808,
      sha256: '19adbb12474d3fc4a86122c05fdad73eab04f32138f56ea3b5e199a9df5eee6e',
    },
    'wells-the-time-machine.md': {
      url: `${base}/H.G.%20Wells/The%20Time%20Machine.md`,
      bytes: 179_957,
      sha256: 'a961f9fbd5dde112529fb62d3180fbaabef764a8aeefe8959a2e946073bac6bb',
    },
    'wells-war-of-the-worlds.md': {
      url: `${base}/H.G.%20Wells/War%20of%20the%20Worlds.md`,
      bytes: 338_915,
      sha256: 'd96692310aada44ef105af2f84a6d7bc5c1f3bfed1983643c11b5a10ca8bd57e',
    },
  },
} as const satisfies PublicDataset;
