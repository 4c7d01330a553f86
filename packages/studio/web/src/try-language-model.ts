import { continuations } from 'tutelage/continuations';
import { restoreTokenizer } from 'tutelage/featurizers';
import { openModel } from './open-model.js';

export interface Writing {
  /** Most tokens to write. */
  readonly maxTokens: number;
  /** 0 for the likeliest token each time. */
  readonly temperature: number;
  readonly seed: number;
}

/** A language model at work in the page. */
export interface OpenLanguageModel {
  /**
   * Goes on with a text.
   *
   * @param onText is told what is written so far
   */
  write(prompt: string, writing: Writing, onText: (text: string) => void): Promise<void>;
}

/** What the page needs of `student.json`. */
interface Description {
  readonly vocabulary: number;
  readonly block: number;
  readonly files: { readonly model: string };
}

/** Loads a language model's files, and the runtime. */
export async function openLanguageModel(id: string): Promise<OpenLanguageModel> {
  const { description, read, run } = await openModel<Description>(id);
  const tokenizer = await restoreTokenizer(read);
  const { vocabulary, block } = description;
  const model = {
    tokenizer,
    vocabulary,
    block,
    async logits(tokens: Parameters<typeof run>[0][string]) {
      // The runtime does not leave the page's thread by itself: what is written is shown, and buttons answer, between two tokens.
      await new Promise((resolve) => setTimeout(resolve));
      return run({ tokens }, 'logits');
    },
    dispose: async () => undefined,
  };
  return {
    async write(prompt, writing, onText) {
      const tokens: number[] = [];
      const onToken = (token: number) => {
        tokens.push(token);
        onText(tokenizer.decode(tokens));
      };
      await continuations(model, [prompt], { ...writing, onToken });
    },
  };
}
