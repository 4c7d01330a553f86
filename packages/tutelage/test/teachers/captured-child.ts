import { captured } from '../../src/teachers/captured.js';
import { openSignals } from '../../src/teachers/signal-store.js';
import { countingTeacher, textsOf } from './counting-teacher.js';

// The process that the kill test kills. Arguments: the folder of signals, the teacher's journal, the number of texts.
const [folder, journal, count] = process.argv.slice(2);
const store = openSignals(folder!);
const teacher = captured(countingTeacher(journal!), store, { batchSize: 10 });
teacher.teach(textsOf(Number(count))).finally(() => store.close());
