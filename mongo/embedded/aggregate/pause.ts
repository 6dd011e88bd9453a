/**
 * A long scan must not starve the other clients of the worker, and stages are synchronous. So every iterable between
 * the stages of a pipeline carries `Doc | Pause`: the scan puts PAUSE into the stream every few hundred documents, and
 * each stage hands it on as it meets it (`if (doc === PAUSE) { yield PAUSE; continue; }`), blocking stages ($group,
 * $sort) included, while they still collect. Whoever drives the pipeline takes PAUSE as the moment to let others run.
 */
export const PAUSE: unique symbol = Symbol('pause');
export type Pause = typeof PAUSE;
