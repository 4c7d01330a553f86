import { random } from '@tutelage/engine';
import * as T from './packages/tutelage/dist/tracing/index.js';
import { simulatedSchool, simulatedAnswers, synthetic5 } from './packages/tutelage/dist/tasks/simulated-learners.js';
import { openInteractions, readInteractions } from './packages/tutelage/dist/tasks/interactions/index.js';
import { auc } from './packages/tutelage/dist/assessment/auc.js';
const [what, ...which]=process.argv.slice(2);
let data, test, split;
if (what==='synthetic') {
  const key=random.key(1); const school=simulatedSchool(synthetic5,key);
  const g=simulatedAnswers(school,4000,{knownConcepts:false,sameOrder:true},random.foldIn(key,'learners'));
  data=g.data; const r=(a,b)=>Int32Array.from({length:b-a},(_,i)=>a+i);
  split={train:r(0,1400),validation:r(1400,2000)}; test=r(2000,4000);
  console.log('ceiling', auc(data.response.subarray(100000), g.chance.subarray(100000)));
} else {
  const read=await readInteractions(what, await openInteractions(what)); data=read.interactions;
  console.log(read.format, read.rows, data.learners.length, data.concepts.length, read.warnings, read.hash.slice(0,12));
  const s=T.splitLearners(data,5,1); split=s.folds[0]; test=s.test;
}
const settings={steps:200,batchSize:64,learningRate:1e-3,epochs:+(process.env.EPOCHS??5),patience:5,stride:50};
const size={width:64,dropout:.1};
const kinds=[T.meansOf('all'),T.meansOf('concept'),T.meansOf('question'),T.irt(1),T.irt(2),T.elo,T.factors('afm'),T.factors('pfa'),T.bkt(),T.bkt({forgets:true}),T.dktKind(size,settings),T.saktKind(size,settings),T.simpleKtKind(size,settings,false)].filter(k=>!which.length||which.includes(k.id));
for (const k of kinds){ const c=process.cpuUsage(); const t=await k.fit(data,split,{seed:1,signal:new AbortController().signal,say:m=>console.log('  ',m)});
 const a=T.assessTracing(data,test,await t.predict(data,test)); const d=process.cpuUsage(c);
 console.log(k.id, a.auc.toFixed(4),'within',a.withinLearner.toFixed(4),'acc',a.accuracy.toFixed(4),'rmse',a.rmse.toFixed(4),'ece',a.calibrationError.toFixed(4),'cpu s',((d.user+d.system)/1e6).toFixed(1)); }
