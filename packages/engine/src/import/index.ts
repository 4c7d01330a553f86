export { type ImportedModel, type ImportedType, type ImportOptions, importOnnx } from './import.js';
export { UnsupportedOperatorsError } from './unsupported.js';
