import { ModelFileError } from '../onnx/errors.js';
import type { OnnxNode, OnnxOpset } from '../onnx/model.js';

const oldest = 7;
/** The newest that the runtime takes. */
const newest = 26;

/** ONNX's own operators have the empty domain, which may also be spelt out. */
export function domainOf({ domain }: { readonly domain: string }): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** An operator's name as errors and the table of rules have it: with its domain unless it is ONNX's own. */
export function operatorName(node: OnnxNode): string {
  const domain = domainOf(node);
  return domain === '' ? node.opType : `${domain}.${node.opType}`;
}

/** Versions by domain of a model or function. Throws `ModelFileError` for versions of ONNX's operators that can't be read. */
export function versionsOf(opsets: readonly OnnxOpset[]): ReadonlyMap<string, number> {
  const versions = new Map(opsets.map((set) => [domainOf(set), set.version]));
  const own = versions.get('');
  if (own !== undefined && (own < oldest || own > newest)) {
    throw new ModelFileError(
      `operator set that is not supported: ${own}; versions ${oldest} to ${newest} are: export the model again, or convert it with ONNX's version converter`,
    );
  }
  return versions;
}
