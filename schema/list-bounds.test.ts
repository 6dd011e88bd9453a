import { readFileSync } from 'node:fs';
import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  getNullableType,
  isEnumType,
  isListType,
  isObjectType,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { type Counted, countLimitsTable } from '#core/count-limits.ts';
import { buildApiSchema } from './api-schema.ts';
import { supergraphUrl } from './compose.ts';

/** Lists of what is stored by itself, and the counts of HEDDLE_COUNT_LIMITS that bound each. */
const counted: Readonly<Record<string, readonly Counted[]>> = {
  'Query.modelAliases': ['modelAliasesPerTenant'],
  'Query.roles': ['roles', 'rolesPerTenant'],
  'Provider.credentials': ['credentialsPerProvider'],
  'Prompt.labels': ['labelsPerPrompt'],
  'MemberGroup.memberIds': ['membersPerTenant'],
  'ProvisionedMember.groups': ['groupsPerTenant'],
  'ApiKey.budgets': ['budgetsPerTenant'],
  'Query.webhooks': ['webhooks', 'webhooksPerTenant'],
  'Query.usageExports': ['usageExports', 'usageExportsPerTenant'],
  'Query.guardrailPolicies': ['guardrailPolicies', 'guardrailPoliciesPerTenant'],
};

const ofInput = 'part of one record, as long as the input that stated it may be';
const ofCall = 'part of one answer, as long as the limits of a call and of its provider allow';
const ofVerdicts = 'the rules that apply to one call, and as many places as one scan finds';
const ofBuckets = 'buckets of at most 400 days, with at most the groups that one answer may have';

/** Other lists, with what bounds each. */
const bounded: Readonly<Record<string, string>> = {
  'ProviderOffer.plans': ofInput,
  'ProviderOffer.tenants': ofInput,
  'Model.priceHistory': 'part of one record, a price for each change of it',
  'Route.targets': ofInput,
  'RouteTarget.regions': ofInput,
  'ModelExplanation.candidates':
    'the meanings of one name: an alias, what the tenant owns, what the mesh offers',
  'PromptExplanation.candidates': 'the prompts of one name: of the tenant, and of the mesh',
  'PromptOffer.plans': ofInput,
  'PromptOffer.tenants': ofInput,
  'PromptVersion.variables': ofInput,
  'Query.policy': 'the fields of the schema',
  'Mutation.revokeApiKeys': '1,000 keys are revoked at once',
  'Mutation.deleteTrustedDocuments': '100 IDs of the argument',
  'Caller.scopes': 'the scopes that there are',
  'Caller.limits': 'the limits and budgets that bind one caller',
  'Tenant.allowedRegions': ofInput,
  'Team.limits': ofInput,
  'App.limits': ofInput,
  'App.models': ofInput,
  'App.prompts': ofInput,
  'ApiKey.scopes': 'the scopes that there are',
  'ApiKey.limits': ofInput,
  'ApiKey.allowedIps': ofInput,
  'ApiKey.models': ofInput,
  'ApiKey.prompts': ofInput,
  'Provisioning.groupRoles': ofInput,
  'Erasure.counts': 'the collections of the store',
  'Role.scopes': 'the scopes that there are',
  'Issuer.audience': ofInput,
  'Issuer.rules': ofInput,
  'Issuer.tenantIds': ofInput,
  'IssuerSignIn.emailDomains': ofInput,
  'FieldPolicy.scopes': 'the arguments of a directive',
  'FieldPolicy.policies': 'the arguments of a directive',
  'Plan.limits': ofInput,
  'Plan.models': ofInput,
  'Budget.alertAt': ofInput,
  'Query.nodes': '100 IDs of the argument',
  'Query.usage': ofBuckets,
  'Tenant.usage': ofBuckets,
  'App.usage': ofBuckets,
  'Model.usage': ofBuckets,
  'Prompt.usage': ofBuckets,
  'Invocation.attempts': 'the attempts of one call',
  'Invocation.attemptPayloads': 'the attempts of one call',
  'Invocation.tags': ofInput,
  'CallSizes.input': 'the roles that messages may have',
  'Consent.purposes': ofInput,
  'Consent.withdrawn': ofInput,
  'GuardrailPolicy.rules': ofInput,
  'Webhook.types': ofInput,
  'GuardrailPolicyVersion.rules': ofInput,
  'GuardrailTest.verdicts': ofVerdicts,
  'GuardrailVerdict.findings': ofVerdicts,
  'GuardrailVerdict.spans': ofVerdicts,
  'Invocation.guardrailVerdicts': ofVerdicts,
  'Completion.guardrailVerdicts': ofVerdicts,
  'CompletionStarted.guardrailVerdicts': ofVerdicts,
  'Embeddings.guardrailVerdicts': ofVerdicts,
  'Completion.reasoningBlocks': ofCall,
  'Completion.citations': ofCall,
  'Completion.providerBlocks': ofCall,
  'Completion.outline': ofCall,
  'Completion.alternatives': ofCall,
  'Completion.dropped': ofCall,
  'Completion.limits': 'the limits that bind one call',
  'Completion.toolCalls': ofCall,
  'Completion.attempts': 'the attempts of one call',
  'Alternative.toolCalls': ofCall,
  'CompletionStarted.dropped': ofCall,
  'CompletionStarted.limits': 'the limits that bind one call',
  'LogprobsDelta.tokens': ofCall,
  'Embeddings.vectors': ofCall,
  'Embeddings.limits': 'the limits that bind one call',
};

type Field = GraphQLField<unknown, unknown>;

const schema = buildApiSchema(readFileSync(supergraphUrl, 'utf8'));
const types = Object.values(schema.getTypeMap()).filter(
  (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'),
);
const fields = types.flatMap((type) =>
  Object.values(type.getFields()).map((field) => ({ coordinate: `${type.name}.${field.name}`, type, field })),
);
const isList = ({ field }: { readonly field: Field }) => isListType(getNullableType(field.type));
const hasArgument = ({ args }: Field, name: string) => args.some((argument) => argument.name === name);

/** Pages: what leads to them has the argument that bounds them. */
const pages = fields.filter(({ field }) => /(Connection|Page)$/.test(getNamedType(field.type).name));
const isOfPage = ({ type, field }: { readonly type: GraphQLObjectType; readonly field: Field }) =>
  (type.name.endsWith('Connection') && field.name === 'edges') ||
  (type.name.endsWith('Page') && field.name === 'nodes');

/** An enum has each of its values once. */
const isOfEnum = ({ field }: { readonly field: Field }) => isEnumType(getNamedType(field.type));

const lists = fields.filter(isList).filter((one) => !isOfPage(one) && !isOfEnum(one));
const sliced = lists.filter(({ field }) => hasArgument(field, 'first'));
const others = lists.filter(({ field }) => !hasArgument(field, 'first'));

describe('every list of the graph', () => {
  it('is a page, has an argument that bounds it, or is bounded by what is named', () => {
    const named = [...Object.keys(counted), ...Object.keys(bounded)];
    expect(others.map(({ coordinate }) => coordinate).toSorted()).toEqual(named.toSorted());
  });

  it.each(pages.map(({ coordinate, field }) => [coordinate, field] as const))(
    'that has pages takes the size of one: %s',
    (_coordinate, field) => {
      expect(field.args.find(({ name }) => name === 'first')?.description).toMatch(/at most 200\./);
    },
  );

  it.each(sliced.map(({ coordinate, type, field }) => [coordinate, type, field] as const))(
    'with a bound continues somewhere: %s',
    (_coordinate, type, field) => {
      const first = field.args.find(({ name }) => name === 'first');
      expect(first?.description).toMatch(/^Returns the first n \w+, at most \d+\./);
      if (hasArgument(field, 'after') || hasArgument(field, 'before')) return;
      const [, ofQuery = '', name = ''] =
        /`(Query\.)?(\w+)`.* has pages of all/.exec(field.description ?? '') ?? [];
      const beyond = ofQuery === '' ? type.getFields()[name] : schema.getQueryType()?.getFields()[name];
      expect(beyond && hasArgument(beyond, 'after')).toBe(true);
    },
  );

  it('is bounded by counts that there are', () => {
    for (const names of Object.values(counted))
      for (const name of names) expect(countLimitsTable).toHaveProperty(name);
    expect(sliced.length).toBeGreaterThan(5);
    expect(pages.length).toBeGreaterThan(15);
  });
});
