import { setImmediate } from 'node:timers/promises';
import type { Storage } from '../storage/storage.ts';

/** Free pages that a file keeps for what is written next: as many, or this share of it. */
const KEPT_PAGES = 1_024;
const KEPT_SHARE = 0.1;
/** Pages that move in one piece of work: a few milliseconds. */
const PAGES_AT_A_TIME = 64;

/**
 * Returns to the file system what documents and indexes that were removed have left, but for a tenth of the file, a few pages at a time
 * between the writes of others. Returns how many pages of 8 KB that were. `isOver`: looked at in between.
 */
export async function releaseSpace(
  storage: Pick<Storage, 'countPages' | 'releasePages' | 'copyLog'>,
  isOver: () => boolean = () => false,
): Promise<number> {
  const { free, pages } = storage.countPages();
  const kept = Math.max(KEPT_PAGES, Math.floor(pages * KEPT_SHARE));
  if (free <= kept) return 0;
  let released = 0;
  for (let left = free - kept; left > 0 && !isOver(); left -= PAGES_AT_A_TIME) {
    const before = storage.countPages().pages;
    storage.releasePages(Math.min(left, PAGES_AT_A_TIME));
    const now = storage.countPages().pages;
    // A file of before this has no map of its pages.
    if (now === before) break;
    released += before - now;
    await setImmediate();
  }
  if (released > 0 && !isOver()) storage.copyLog();
  return released;
}
