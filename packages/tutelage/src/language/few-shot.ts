import type { ChatMessage } from './chat/format.js';

/** A question as it is put to a model, and the answer that is wanted. */
export interface Shot {
  readonly asked: string;
  readonly answered: string;
}

/** A conversation that shows how questions are answered, and ends with the one to answer. */
export function fewShot(instructions: string, shots: readonly Shot[], asked: string): ChatMessage[] {
  return [
    { role: 'system', content: instructions },
    ...shots.flatMap((shot): ChatMessage[] => [
      { role: 'user', content: shot.asked },
      { role: 'assistant', content: shot.answered },
    ]),
    { role: 'user', content: asked },
  ];
}
