import { decodeDocument } from '../../bson/decode.ts';
import { encodeDocument } from '../../bson/encode.ts';
import { approximateBytes } from '../../bson/size.ts';
import { type Doc, isDoc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { compileSorter, parseSort } from '../../query/sort.ts';
import { sortItems } from '../../spill/external-sort.ts';
import type { StageMemory } from '../context.ts';
import { PAUSE, type Pause } from '../pause.ts';
import type { Stage, Stream } from '../stream.ts';
import { memoryExceeded } from './group.ts';

type Held = { readonly doc: Doc; readonly key: Value[]; readonly bytes: number };

/** `$sort`, in memory as far as the stage may take it, then on disk; with a limit no more than about twice that many documents. */
export function compileSortStage(spec: Value, { bytesMax, space }: StageMemory, limit: number): Stage {
  if (!isDoc(spec)) throw new CommandError(15973, 'the $sort key specification must be an object');
  if (spec.size === 0) throw new CommandError(15976, '$sort stage must have at least one sort key');
  const sorter = compileSorter(parseSort(spec));
  const hold = (doc: Doc): Held => ({ doc, key: sorter.buildKey(doc), bytes: approximateBytes(doc) });
  return function* (input) {
    let bytes = 0;
    const sorted = sortItems<Held>(keyed(input, hold), {
      compare: (a, b) => sorter.compare(a.key, b.key),
      encodeKey: ({ key }) => sorter.encodeKey(key),
      encode: ({ doc }) => encodeDocument(doc),
      decode: (record) => hold(decodeDocument(record)),
      limit,
      hold(more) {
        bytes += more;
        return bytes <= bytesMax;
      },
      countBytes: (held) => held.bytes,
      space,
      exceeded: () => memoryExceeded('$sort', bytesMax),
    });
    for (const held of sorted) yield held === PAUSE ? PAUSE : held.doc;
  };
}

function* keyed(input: Stream, hold: (doc: Doc) => Held): Generator<Held | Pause, void> {
  for (const doc of input) yield doc === PAUSE ? PAUSE : hold(doc);
}
