/**
 * What the policy of an operation costs the gateway: finding what the operation demands, once for each document, and comparing
 * that with the caller, for each request. CPU µs of this process; the median of ROUNDS. Fails where comparing takes more than 3 µs.
 */
import { readFileSync } from 'node:fs';
import { Kind, type OperationDefinitionNode, parse, validate } from 'graphql';
import { anonymousCaller, type Caller } from '#core/caller.ts';
import { compileDemands, grantKey } from '#gateway/directives/auth.ts';
import { readPolicy } from '#gateway/directives/policy.ts';
import { buildApiSchema } from '#schema/api-schema.ts';
import { median } from './budget.ts';

const rounds = Number(process.env.ROUNDS ?? 5);
const rememberedMicrosMax = 3;
const repetitions = { first: 2_000, remembered: 1_000_000 } as const;

const supergraph = readFileSync(new URL('../schema/supergraph.graphql', import.meta.url), 'utf8');
const schema = buildApiSchema(supergraph);
const policy = readPolicy(parse(supergraph));
const caller: Caller = {
  ...anonymousCaller,
  kind: 'API_KEY',
  appId: 'app',
  scopes: ['inference:invoke', 'models:read', 'tenants:read', 'usage:read', 'prompts:read', 'audit:read'],
};

const operations = {
  'a completion': `mutation ($input: CompletionInput!) { complete(input: $input) { text } }`,
  'a page of a console': `{
    me { scopes }
    models(first: 20) { edges { node { id provider { id kind } } } }
    prompts(first: 20) { edges { node { id name } } }
    tenant { id name plan { id } }
    usage(by: [MODEL], from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z") { requests cost }
    auditLog(first: 20) { edges { node { id action } } }
  }`,
};

/** CPU µs of this process for each time that `run` is called. */
function microsPer(times: number, run: () => void): number {
  const costs = Array.from({ length: rounds + 1 }, () => {
    const before = process.cpuUsage();
    for (let i = 0; i < times; i++) run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / times;
  });
  // V8 compiles in the first round.
  return median(costs.slice(1));
}

let lengths = 0;
for (const [name, text] of Object.entries(operations)) {
  const document = parse(text);
  const [error] = validate(schema, document);
  if (error !== undefined) throw error;
  const definition = document.definitions.find(
    (one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION,
  );
  if (definition === undefined) throw new Error(`${name} has no operation.`);
  const compile = () => compileDemands(schema, policy, definition, new Map());
  const demands = compile();
  const first = microsPer(repetitions.first, compile);
  const remembered = microsPer(repetitions.remembered, () => {
    lengths += grantKey(caller, demands).length;
  });
  console.log(
    `${name}: ${demands.requirements.length} requirements, ${first.toFixed(1)} µs at first, ${remembered.toFixed(2)} µs once it is remembered`,
  );
  if (!(remembered <= rememberedMicrosMax)) process.exitCode = 1;
}
// What is read keeps V8 from leaving the work out.
if (lengths === 0) throw new Error('Nothing was compared.');
