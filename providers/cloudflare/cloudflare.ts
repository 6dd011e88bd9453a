import { compatibleWith } from '../openai-compatible/openai-compatible.ts';

/** CLOUDFLARE: Workers AI refuses a message with null content. */
export const createCloudflare = compatibleWith({ chat: { emptyContent: '' } });
