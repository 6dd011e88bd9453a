/** What the thread of a store runs. Tests put a bundle in its place, which loads in a fraction of the time. */
export const storeThread = { entry: new URL('./serve.ts', import.meta.url).href };
