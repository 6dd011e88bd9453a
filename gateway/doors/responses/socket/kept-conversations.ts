import { LRUCache } from 'lru-cache';
import type { Conversation } from '../stored-response.ts';

/** Characters of the conversations of all WebSockets of a process, about; the one used least recently is dropped first. */
const charactersMax = 64 * 1024 * 1024;

interface KeptConversation extends Conversation {
  readonly responseId: string;
  readonly characters: number;
}

/**
 * The conversation up to the last response of each WebSocket, so that the next message continues it though it is not stored. A
 * client whose conversation was dropped sends the whole again, as after a reconnect.
 */
export class KeptConversations {
  readonly #kept: LRUCache<object, KeptConversation>;

  constructor(max = charactersMax) {
    this.#kept = new LRUCache({ maxSize: max, sizeCalculation: ({ characters }) => Math.max(1, characters) });
  }

  /** The conversation up to the end of the response, where it is the last one of the WebSocket. */
  find(socket: object, responseId: string): KeptConversation | undefined {
    const kept = this.#kept.get(socket);
    return kept?.responseId === responseId ? kept : undefined;
  }

  keep(socket: object, kept: KeptConversation): void {
    this.#kept.set(socket, kept);
  }

  drop(socket: object): void {
    this.#kept.delete(socket);
  }
}
