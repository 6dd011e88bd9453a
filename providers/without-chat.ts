import type { Provider } from './provider.ts';
import { rejectInput } from './translate/call-parts.ts';

/** The chat of a provider that has none. @param has what it has instead */
export function withoutChat(has: string): Pick<Provider, 'generate' | 'stream'> {
  const reject = () => rejectInput(`This provider has ${has} and no chat.`);
  return {
    generate: async () => {
      throw reject();
    },
    // biome-ignore lint/correctness/useYield: it ends before the first part
    async *stream() {
      throw reject();
    },
  };
}
