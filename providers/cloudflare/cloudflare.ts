import { compatibleWith } from '../openai-compatible/openai-compatible.ts';

/** CLOUDFLARE: Workers AI refuses a message whose content is null. */
export const createCloudflare = compatibleWith({ chat: { emptyContent: '' } });
