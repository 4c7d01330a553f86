export { type Akt, type AktConfig, akt } from './akt.js';
export { type Dkt, type DktConfig, dkt } from './dkt.js';
export type { TracingEstimate, TracingInputs, TracingNet, TracingVocabulary } from './net.js';
export { type Sakt, type SaktConfig, sakt } from './sakt.js';
export { type SimpleKt, type SimpleKtConfig, simpleKt } from './simple-kt.js';
