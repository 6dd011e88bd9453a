import { approximateBytes } from '../bson/size.ts';
import { type Doc, int32, isDoc, typeName, type Value } from '../bson/values.ts';
import { CommandError, unsupported } from '../errors.ts';
import type { PipelineContext, StageMemory } from './context.ts';
import { compileExpression } from './expression.ts';
import { neededFields } from './needed-fields.ts';
import { PAUSE } from './pause.ts';
import { SERVER_STAGES } from './server-names.ts';
import { compileGroup, memoryExceeded } from './stages/group.ts';
import { compileLookup } from './stages/lookup.ts';
import { compileCount, compileMatch, limitStage, parseCount, skipStage } from './stages/simple.ts';
import { parseMerge, parseOut, type Sink } from './stages/sink.ts';
import { compileSortStage } from './stages/sort.ts';
import { parseStage, TRANSFORMS } from './stages/transforms.ts';
import { compileUnwind } from './stages/unwind.ts';
import { mapDocuments, type Stage, type Stream } from './stream.ts';

export type { PipelineContext } from './context.ts';
export type { Sink } from './stages/sink.ts';

/** What a pipeline starts with and a find can do, so that indexes serve it; documents for `run` have gone through it. */
type Head = {
  filter: Doc | undefined;
  sort: Doc | undefined;
  skip: number;
  /** 0 is none. */
  limit: number;
};

export type AggregationPipeline = {
  /** Where documents come from: the collection, or the pipeline itself ($documents, $listLocalSessions). */
  source: 'collection' | (() => Iterable<Doc>);
  head: Head;
  /** The top-level fields that `run` needs of its input, null for all. The head's are not among them. */
  fields: ReadonlySet<string> | null;
  /** The stages after the head. Lazy: nothing happens before the result is iterated. */
  run(input: Stream): Stream;
  sink: Sink | undefined;
};

const STAGES_MAX = 1000;
export const STAGE_BYTES_MAX = 100 * 1024 * 1024;
const SUB_PIPELINES_MAX = 100;

/** The stages that the store has, beside those of an update ($addFields, $project …). */
export const STAGE_NAMES: readonly string[] = [
  ...TRANSFORMS.keys(),
  '$match',
  '$group',
  '$sort',
  '$limit',
  '$skip',
  '$unwind',
  '$count',
  '$sortByCount',
  '$lookup',
  '$facet',
  '$documents',
  '$listLocalSessions',
  '$out',
  '$merge',
];

type Named = readonly [name: string, spec: Value];

/**
 * Compiles a pipeline. Throws the server's errors: an unknown stage is 40324, a stage that only MongoDB has
 * CommandNotSupported. Stages are synchronous and stream; those that must hold documents are bounded in memory, and put the rest on disk (error 292 where they may not).
 */
export function compilePipeline(stages: readonly Value[], context: PipelineContext): AggregationPipeline {
  if (stages.length > STAGES_MAX) {
    throw new CommandError(7749501, `AggregationPipeline length must be no longer than ${STAGES_MAX} stages`);
  }
  const named = stages.map(parseStage);
  const sink = takeSink(named, context);
  const source = takeSource(named, context);
  const compiled = compileStages(named, context); // the head's too: it is checked in the pipeline's order
  const { head, taken } = source === 'collection' ? takeHead(named) : { head: NO_HEAD, taken: 0 };
  const rest = taken === 0 ? compiled : compileStages(named.slice(taken), context);
  return {
    source,
    head,
    fields: neededFields(named.slice(taken)),
    sink,
    run: (input) => rest.reduce((stream, stage) => stage(stream), input),
  };
}

const NO_HEAD: Head = { filter: undefined, sort: undefined, skip: 0, limit: 0 };

/** $match stages, then $sort, then $skip, then $limit, as far as the pipeline starts like that. */
function takeHead(stages: readonly Named[]): { head: Head; taken: number } {
  const head: Head = { ...NO_HEAD };
  const filters: Doc[] = [];
  let at = 0;
  while (stages[at]?.[0] === '$match') filters.push(stages[at++]![1] as Doc);
  if (filters.length > 0) head.filter = filters.length === 1 ? filters[0] : new Map([['$and', filters]]);
  if (stages[at]?.[0] === '$sort') head.sort = stages[at++]![1] as Doc;
  if (stages[at]?.[0] === '$skip') head.skip = parseCount(stages[at++]![1], '$skip');
  if (stages[at]?.[0] === '$limit') head.limit = parseCount(stages[at++]![1], '$limit');
  return { head, taken: at };
}

function takeSink(stages: Named[], context: PipelineContext): Sink | undefined {
  for (const [index, [name]] of stages.entries()) {
    if ((name === '$out' || name === '$merge') && index < stages.length - 1) {
      throw new CommandError(40601, `${name} can only be the final stage in the pipeline`);
    }
  }
  const last = stages.at(-1);
  if (last?.[0] !== '$out' && last?.[0] !== '$merge') return undefined;
  stages.pop();
  return last[0] === '$out' ? parseOut(last[1]) : parseMerge(last[1], context);
}

function takeSource(stages: Named[], context: PipelineContext): AggregationPipeline['source'] {
  for (const [index, [name]] of stages.entries()) {
    if ((name === '$documents' || name === '$listLocalSessions') && index > 0) {
      throw new CommandError(40602, `${name} is only valid as the first stage in a pipeline.`);
    }
  }
  const [name, spec] = stages[0] ?? [];
  if (name !== '$documents' && name !== '$listLocalSessions') {
    if (context.collectionless !== true) return 'collection';
    throw new CommandError(
      'InvalidNamespace',
      `{aggregate: 1} is not valid for '${name ?? 'an empty pipeline'}'; a collection is required.`,
    );
  }
  if (context.collectionless !== true) {
    throw new CommandError(
      'InvalidNamespace',
      `${name} must be run against the database with {aggregate: 1}, not a collection`,
    );
  }
  stages.shift();
  if (name === '$listLocalSessions') return () => context.localSessions?.() ?? [];
  const evaluate = compileExpression(spec!, context.vars);
  return () => {
    const documents = evaluate(new Map());
    if (!Array.isArray(documents)) throw new CommandError(5858203, 'an array is expected for $documents');
    return documents.map((item) => {
      if (!isDoc(item))
        throw new CommandError(40228, `$documents: expected an object, found ${typeName(item)}`);
      return item;
    });
  };
}

function readMemory({ stageBytesMax, space }: PipelineContext): StageMemory {
  return { bytesMax: stageBytesMax ?? STAGE_BYTES_MAX, space };
}

function compileStages(stages: readonly Named[], context: PipelineContext): Stage[] {
  return stages.map((stage, index) => compileStage(stage, stages.slice(index + 1), context));
}

function compileStage([name, spec]: Named, after: readonly Named[], context: PipelineContext): Stage {
  const { vars } = context;
  const transform = TRANSFORMS.get(name);
  if (transform !== undefined) return mapDocuments(transform(spec, vars));
  switch (name) {
    case '$match':
      return compileMatch(spec, vars);
    case '$group':
      return compileGroup(spec, vars, readMemory(context));
    case '$sort':
      return compileSortStage(spec, readMemory(context), limitAfter(after));
    case '$limit':
      return limitStage(parseCount(spec, '$limit'));
    case '$skip':
      return skipStage(parseCount(spec, '$skip'));
    case '$unwind':
      return compileUnwind(spec);
    case '$count':
      return compileCount(spec);
    case '$sortByCount':
      return sortByCount(spec, context);
    case '$lookup':
      return compileLookup(spec, context, compileSub);
    case '$facet':
      return compileFacet(spec, context);
    default:
      if (/search/i.test(name) && SERVER_STAGES.has(name)) throw unsupported(`${name}, a stage of Atlas,`);
      if (SERVER_STAGES.has(name)) throw unsupported(`the aggregation stage ${name}`);
      throw new CommandError(40324, `Unrecognized pipeline stage name: '${name}'`);
  }
}

/** The number of documents that a $sort has to return, when $skip and $limit follow it at once. */
function limitAfter(stages: readonly Named[]): number {
  const [first, second] = stages;
  if (first?.[0] === '$limit') return parseCount(first[1], '$limit');
  if (first?.[0] !== '$skip' || second?.[0] !== '$limit') return Number.POSITIVE_INFINITY;
  return parseCount(first[1], '$skip') + parseCount(second[1], '$limit');
}

/** A pipeline inside $lookup; its filter is what the other collection's indexes can serve. */
function compileSub(stages: Value[], context: PipelineContext): { filter: Doc | undefined; run: Stage } {
  const named = subStages(stages, '$lookup');
  const compiled = compileStages(named, context);
  const { filter } = takeHead(named).head;
  const usable = filter === undefined ? undefined : withoutExpressions(filter);
  return {
    filter: usable === undefined || usable.size === 0 ? undefined : usable,
    run: (input) => compiled.reduce((stream, stage) => stage(stream), input),
  };
}

/** $expr may name variables, which only the pipeline knows. */
function withoutExpressions(filter: Doc): Doc {
  const result: Doc = new Map();
  for (const [name, value] of filter) {
    if (name === '$and' && Array.isArray(value)) {
      const kept = value
        .filter(isDoc)
        .map(withoutExpressions)
        .filter((inner) => inner.size > 0);
      if (kept.length > 0) result.set(name, kept);
    } else if (!name.startsWith('$')) result.set(name, value);
  }
  return result;
}

function subStages(stages: Value[], stage: string): Named[] {
  const named = stages.map(parseStage);
  for (const [name] of named) {
    if (['$out', '$merge', '$documents', '$listLocalSessions'].includes(name)) {
      throw new CommandError(51047, `${name} is not allowed within a ${stage} stage`);
    }
  }
  return named;
}

function sortByCount(spec: Value, context: PipelineContext): Stage {
  if (typeof spec === 'string' ? !spec.startsWith('$') : !isDoc(spec)) {
    throw new CommandError(
      40148,
      'the sortByCount field must be defined as a $-prefixed path or an expression inside an object',
    );
  }
  const group: Doc = new Map<string, Value>([
    ['_id', spec],
    ['count', new Map([['$sum', int32(1)]])],
  ]);
  const memory = readMemory(context);
  const grouped = compileGroup(group, context.vars, memory);
  const sorted = compileSortStage(new Map([['count', -1]]), memory, Number.POSITIVE_INFINITY);
  return (input) => sorted(grouped(input));
}

/** `$facet` reads its input once and holds it, bounded, for the pipelines. */
function compileFacet(spec: Value, context: PipelineContext): Stage {
  if (!isDoc(spec)) throw new CommandError(40169, `the $facet specification must be a non-empty object`);
  if (spec.size === 0 || spec.size > SUB_PIPELINES_MAX) {
    throw new CommandError(40169, `the $facet specification must have 1 to ${SUB_PIPELINES_MAX} pipelines`);
  }
  const facets = [...spec].map(([name, stages]): [string, Stage[]] => {
    if (name.startsWith('$')) throw new CommandError(16410, "FieldPath field names may not start with '$'.");
    if (name.includes('.')) throw new CommandError(16412, "FieldPath field names may not contain '.'.");
    if (!Array.isArray(stages))
      throw new CommandError(
        40170,
        `arguments to $facet must be arrays, ${name} is type ${typeName(stages)}`,
      );
    const named = subStages(stages, '$facet');
    if (named.some(([stage]) => stage === '$facet'))
      throw new CommandError(40600, '$facet is not allowed to be used within a $facet stage');
    return [name, compileStages(named, context)];
  });
  const { bytesMax } = readMemory(context);
  return function* (input) {
    const held: Doc[] = [];
    let bytes = 0;
    for (const doc of input) {
      if (doc === PAUSE) {
        yield PAUSE;
        continue;
      }
      held.push(doc);
      bytes += approximateBytes(doc);
      if (bytes > bytesMax) throw memoryExceeded('$facet', bytesMax);
    }
    const result: Doc = new Map();
    for (const [name, stages] of facets) {
      const items: Value[] = [];
      for (const doc of stages.reduce<Stream>((stream, stage) => stage(stream), held)) {
        if (doc === PAUSE) yield PAUSE;
        else items.push(doc);
      }
      result.set(name, items);
    }
    yield result;
  };
}
