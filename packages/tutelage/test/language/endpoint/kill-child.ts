import { createEndpoint } from '../../../src/language/endpoint/client.js';
import { labelTexts } from '../../../src/language/endpoint/labelling.js';
import { PRICE } from './fake-server.js';

// The process that the kill test kills. Arguments: the endpoint's address, the journal's directory, the cap in
// dollars and the number of texts. When it lives to the end it prints the rows.
const [baseURL, directory, cap, count] = process.argv.slice(2);
const endpoint = await createEndpoint({
  directory: directory!,
  model: 'm',
  baseURL: baseURL!,
  price: PRICE,
  cap: Number(cap),
  retry: { attempts: 10, firstDelay: 2, maxDelay: 10 },
});
const texts = Array.from({ length: Number(count) }, (_, index) => `text ${index}`);
const rows = await labelTexts(endpoint, { texts, labels: ['even', 'odd'], instructions: 'Even or odd?' });
await endpoint.close();
process.stdout.write(JSON.stringify(rows));
