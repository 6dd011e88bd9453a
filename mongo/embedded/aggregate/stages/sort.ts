import { approximateBytes } from '../../bson/size.ts';
import { type Doc, isDoc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { compileSorter, parseSort } from '../../query/sort.ts';
import { PAUSE } from '../pause.ts';
import type { Stage } from '../stream.ts';
import { memoryExceeded } from './group.ts';

/** `$sort`, holding what it sorts in memory, bounded; with a limit no more than about twice that many documents. */
export function compileSortStage(spec: Value, bytesMax: number, limit: number): Stage {
  if (!isDoc(spec)) throw new CommandError(15973, 'the $sort key specification must be an object');
  if (spec.size === 0) throw new CommandError(15976, '$sort stage must have at least one sort key');
  const sorter = compileSorter(parseSort(spec));
  type Held = { doc: Doc; key: Value[]; bytes: number };
  const order = (a: Held, b: Held): number => sorter.compare(a.key, b.key);
  return function* (input) {
    let held: Held[] = [];
    let bytes = 0;
    for (const doc of input) {
      if (doc === PAUSE) {
        yield PAUSE;
        continue;
      }
      const item = { doc, key: sorter.buildKey(doc), bytes: approximateBytes(doc) };
      held.push(item);
      bytes += item.bytes;
      if (held.length >= 2 * limit + 64) {
        held = held.sort(order).slice(0, limit);
        bytes = held.reduce((sum, one) => sum + one.bytes, 0);
      }
      if (bytes > bytesMax) throw memoryExceeded('$sort', bytesMax);
    }
    held.sort(order);
    for (const { doc } of held.length > limit ? held.slice(0, limit) : held) yield doc;
  };
}
