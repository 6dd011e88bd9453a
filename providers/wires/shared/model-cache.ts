import { LRUCache } from 'lru-cache';

const modelsMax = 256;

/** Remembers what is made per model id, bounded: what is known of a model is read from its name once. */
export function perModel<Model extends object>(make: (id: string) => Model): (id: string) => Model {
  const models = new LRUCache<string, Model>({ max: modelsMax });
  return (id) => {
    const known = models.get(id);
    if (known !== undefined) return known;
    const model = make(id);
    models.set(id, model);
    return model;
  };
}
