export { type CausalModel, openCausalModel, saveCausalModel } from './causal-model.js';
export { type Constraint, fittingSchema, matching } from './constrain/constraint.js';
export * from './endpoint/client.js';
export * from './endpoint/estimate.js';
export * from './endpoint/labelling.js';
export { endpointResponder } from './endpoint/responder.js';
export { endpointScorer } from './endpoint/scorer.js';
export { causalOnnx, exportCausalModel } from './export-onnx.js';
export { fewShot } from './few-shot.js';
export { type Decoder, gptDecoder, llamaDecoder } from './generate/decoder.js';
export { generate } from './generate/generate.js';
export { gptRollouts, llamaRollouts, type Rollouts } from './generate/rollouts.js';
export { ggufLlama } from './gguf-model.js';
export { type Lesson, type LessonBatch, lessonBatch, packLessons } from './lessons.js';
export { localModel, openLocalModel } from './local-llm.js';
export { localResponder } from './local-responder.js';
export { openResponder } from './open-responder.js';
export { rememberedResponder } from './remembered-responder.js';
export type { Reply, Responder } from './responder.js';
export { openRewardModel, type RewardModel, saveRewardModel } from './reward-model.js';
export { safetensorsLlama } from './safetensors-model.js';
export {
  alignSpans,
  type ScoredText,
  type TextLesson,
  type TextScorer,
} from './text-alignment.js';
export { ggufTokenizer } from './tokenizer/gguf-tokenizer.js';
export { loadTokenizer } from './tokenizer/load.js';
export { makeTokenizer, type Tokenizer } from './tokenizer/tokenizer.js';
export { trainByteBpe, trainWordLevel, trainWordPiece } from './tokenizer/train.js';
export { compareVocabularies, pairVocabularies } from './vocabulary-pairing.js';
