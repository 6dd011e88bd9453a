import { fields } from '../shared/fields.ts';

const depthMax = 16;

/** Whether a block names a file that the account of the provider keeps; one that is nested deeper than any block is taken for one. */
export function refersToFile(value: unknown, depth = 0): boolean {
  if (Array.isArray(value)) return value.some((one) => refersToFile(one, depth + 1));
  const block = fields(value);
  if (block === null) return false;
  if (depth > depthMax || block.type === 'container_upload') return true;
  if (block.type === 'file' && block.file_id !== undefined) return true;
  for (const field of ['source', 'content']) {
    if (block[field] !== undefined && refersToFile(block[field], depth + 1)) return true;
  }
  return false;
}
