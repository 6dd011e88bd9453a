import { PAUSE } from '../../aggregate/pause.ts';
import { type Doc, doc, int32, isDoc, type Value } from '../../bson/values.ts';
import { CommandError } from '../../errors.ts';
import { type Plan, splitRanges } from '../../planner/plan.ts';
import type { ScanStats } from '../../planner/scan.ts';
import type { Collection } from '../../storage/catalog.ts';
import type { Engine } from '../engine.ts';
import { CommandFields } from '../fields.ts';
import type { Reply } from '../reply.ts';
import { checkCollectionName, type Request } from '../request.ts';
import { SERVER_VERSION } from '../sessions/handshake.ts';
import { AggregateQuery } from './aggregate-query.ts';
import { whole } from './count.ts';
import { readHint } from './find.ts';
import { keyText } from './key-text.ts';
import { Selection, variablesOfCommand } from './selection.ts';

const VERBOSITIES = new Set(['queryPlanner', 'executionStats', 'allPlansExecution']);

/** `explain` of find, count, distinct, delete, update, findAndModify and aggregate: the index that the filter uses. */
export async function explain(engine: Engine, request: Request): Promise<Reply> {
  const inner = request.fields.required('explain', request.fields.document('explain'));
  const verbosity = request.fields.string('verbosity') ?? 'allPlansExecution';
  if (!VERBOSITIES.has(verbosity)) {
    throw new CommandError(
      'BadValue',
      `Enumeration value '${verbosity}' for field 'explain.verbosity' is not a valid value.`,
    );
  }
  const [name = ''] = inner.keys();
  const target = inner.get(name);
  if (name === 'aggregate') {
    const fields = new CommandFields(inner, name);
    const stages = fields.required('pipeline', fields.documents('pipeline'));
    const query = new AggregateQuery(
      engine,
      request,
      typeof target === 'string' ? target : undefined,
      stages,
      fields,
    );
    return explained(engine, request, String(target), query.selection, verbosity);
  }
  if (typeof target !== 'string') throw new CommandError('InvalidNamespace', 'explain needs a collection');
  checkCollectionName(request.db, target);
  return explained(
    engine,
    request,
    target,
    createSelection(name, inner),
    verbosity,
    computeLimit(name, inner),
  );
}

/** The answer to an explain of what a selection finds. */
export async function explained(
  engine: Engine,
  request: Request,
  target: string,
  selection: Selection,
  verbosity: string,
  limit = 0,
): Promise<Doc> {
  const ns = `${request.db}.${target}`;
  const collection = request.view.catalog.get(ns);
  const chosen = collection === undefined ? undefined : selection.plan(collection);
  const stage = describeStage(chosen, selection);
  const answer = doc({
    explainVersion: '1',
    queryPlanner: doc({
      namespace: ns,
      parsedQuery: selection.source,
      indexFilterSet: false,
      winningPlan: stage,
      rejectedPlans: [],
    }),
  });
  if (verbosity !== 'queryPlanner') {
    answer.set('executionStats', await measured(engine, request, collection, selection, stage, limit));
  }
  answer.set('command', request.body);
  answer.set('serverInfo', doc({ host: engine.address, version: SERVER_VERSION, process: 'embedded' }));
  return answer;
}

async function measured(
  engine: Engine,
  request: Request,
  collection: Collection | undefined,
  selection: Selection,
  stage: Doc,
  limit: number,
): Promise<Doc> {
  const stats: ScanStats = { keysExamined: 0, docsExamined: 0 };
  const space = engine.spaceFor(request.fields);
  const startedMs = performance.now();
  let returned = 0;
  if (collection !== undefined) {
    for (const found of selection.find(request.view, collection, { stats, limit, space })) {
      if (found === PAUSE) {
        if (request.pace.due) await request.pace.rest();
        continue;
      }
      if (++returned === limit) break;
    }
  }
  return doc({
    executionSuccess: true,
    nReturned: whole(returned),
    executionTimeMillis: whole(Math.round(performance.now() - startedMs)),
    totalKeysExamined: whole(stats.keysExamined),
    totalDocsExamined: whole(stats.docsExamined),
    executionStages: stage,
  });
}

function describeStage(chosen: Plan | undefined, selection: Selection): Doc {
  if (chosen === undefined) return doc({ stage: 'EOF' });
  if (chosen.kind === 'collection') {
    const scan = doc({ stage: 'COLLSCAN', direction: chosen.direction === 1 ? 'forward' : 'backward' });
    return chosen.sorted ? scan : sortStage(scan, selection);
  }
  const plans = chosen.kind === 'union' ? chosen.plans : [chosen];
  const scans = plans.flatMap(splitRanges).map(indexStage);
  const isMerged = chosen.sorted && (selection.sort?.size ?? 0) > 0 && scans.length > 1;
  const [only] = scans;
  const input =
    chosen.kind === 'index' && scans.length === 1 && only !== undefined
      ? only
      : doc({ stage: isMerged ? 'SORT_MERGE' : 'OR', inputStages: scans });
  const fetch = doc({ stage: 'FETCH', inputStage: input });
  return chosen.sorted ? fetch : sortStage(fetch, selection);
}

function sortStage(inputStage: Doc, selection: Selection): Doc {
  return doc({ stage: 'SORT', sortPattern: selection.sort ?? new Map(), inputStage });
}

function indexStage(plan: Extract<Plan, { kind: 'index' }>): Doc {
  const { index } = plan;
  const pattern: Doc = index?.pattern ?? doc({ _id: int32(1) });
  return doc({
    stage: 'IXSCAN',
    keyPattern: pattern,
    indexName: index?.name ?? '_id_',
    isMultiKey: index?.multikey ?? false,
    isUnique: index?.unique ?? true,
    isSparse: index?.sparse ?? false,
    isPartial: index?.partial !== undefined,
    direction: plan.direction === 1 ? 'forward' : 'backward',
    boundedFields: int32(plan.used),
    ranges: whole(plan.ranges.length),
    // Keys are bytes in an order-preserving encoding: shown as hexadecimal, the first few.
    indexBounds: plan.ranges.slice(0, 10).map(keyText),
    filterDecided: plan.decided,
  });
}

const FILTER_FIELD: { readonly [command: string]: string } = {
  find: 'filter',
  count: 'query',
  distinct: 'query',
  findAndModify: 'query',
};

function readFilter(name: string, inner: Doc): Doc {
  const field = FILTER_FIELD[name];
  if (field !== undefined) return docOr(inner.get(field));
  if (name === 'delete' || name === 'update') return docOr(readFirst(inner.get(`${name}s`))?.get('q'));
  throw new CommandError('CommandNotFound', `Explain failed due to unknown command: ${name}`);
}

function createSelection(name: string, inner: Doc): Selection {
  const statement =
    name === 'delete' || name === 'update' ? (readFirst(inner.get(`${name}s`)) ?? inner) : inner;
  const fields = new CommandFields(statement, name);
  return new Selection(
    {
      filter: readFilter(name, inner),
      sort: name === 'find' || name === 'findAndModify' ? fields.document('sort') : undefined,
      hint: readHint(fields),
      collation: fields.get('collation'),
    },
    variablesOfCommand(new CommandFields(inner, name).document('let')),
  );
}

function computeLimit(name: string, inner: Doc): number {
  if (name === 'findAndModify') return 1;
  const fields = new CommandFields(inner, name);
  const limit = name === 'find' ? (fields.count('limit') ?? 0) : 0;
  return limit === 0 ? 0 : limit + (fields.count('skip') ?? 0);
}

function readFirst(value: Value | undefined): Doc | undefined {
  const [first] = Array.isArray(value) ? value : [];
  return isDoc(first) ? first : undefined;
}

function docOr(value: Value | undefined): Doc {
  return isDoc(value) ? value : new Map();
}
