import { PAUSE } from '../../aggregate/pause.ts';
import { decodeFields } from '../../bson/decode.ts';
import { splitPath, walkPath } from '../../bson/paths.ts';
import { doc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { encodeKeyPart } from '../../keys/encode.ts';
import { DOCUMENT_BYTES_MAX } from '../../wire/limits.ts';
import type { Engine } from '../engine.ts';
import type { Reply } from '../reply.ts';
import type { Request } from '../request.ts';
import { readHint } from './find.ts';
import { Selection, variablesOfCommand } from './selection.ts';

/** `distinct`: the values at a path, arrays walked through, each once. */
export async function distinct(_engine: Engine, request: Request): Promise<Reply> {
  const { fields, view } = request;
  const collection = view.catalog.get(`${request.db}.${request.collectionName()}`);
  const key = fields.required('key', fields.string('key'));
  if (key === '') throw new CommandError('BadValue', 'The key field must not be empty');
  const selection = new Selection(
    { filter: fields.document('query'), hint: readHint(fields), collation: fields.get('collation') },
    variablesOfCommand(undefined),
  );
  const path = splitPath(key);
  const wanted = new Set([path[0]!]);
  const values = new Map<string, Value>();
  let bytes = 0;
  if (collection !== undefined) {
    for (const found of selection.find(view, collection)) {
      if (found === PAUSE) {
        if (request.pace.due) await request.pace.rest();
        continue;
      }
      const document = found.doc ?? decodeFields(found.bytes, wanted);
      walkPath(document, path, true, (value) => {
        // The walk visits an array's elements and then the array itself, which is no value of its own here.
        if (value === undefined || (Array.isArray(value) && isWalked(document, path, value))) return false;
        const text = encodeKeyPart(value, 1).toString('latin1');
        if (values.has(text)) return false;
        values.set(text, value);
        bytes += text.length;
        if (bytes > DOCUMENT_BYTES_MAX) throw new CommandError(17217, 'distinct too big, 16mb cap');
        return false;
      });
    }
  }
  const sorted = [...values].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
  return doc({ values: sorted, atClusterTime: request.atClusterTime });
}

/** Whether an array stands at the path itself, and not inside an array there. */
function isWalked(document: ReadonlyMap<string, Value>, path: readonly string[], array: Value[]): boolean {
  let walked = false;
  walkPath(new Map(document), path, false, (value) => {
    walked = value === array;
    return walked;
  });
  return walked;
}
