import type { SubgraphSdls } from '#schema/compose.ts';
import { loadDirectiveDefinitions } from '#schema/load-sdl.ts';

/** A small graph with every kind of policy in it, for tests of composition and of the gateway. */

const federation = (imports: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])`;
const heddle = (imports: string, composed: string) =>
  `@link(url: "https://heddle.dev/directives/v1.0", import: [${imports}]) ${composed}`;

const models = `
${federation('"@key", "@authenticated", "@requiresScopes", "@cost", "@listSize", "@composeDirective"')}
${heddle('"@audited"', '@composeDirective(name: "@audited")')}

"An AI model."
type Model @key(fields: "id") {
  "Its id."
  id: ID!
  "Its name."
  name: String!
  "Its price, for those who may see it."
  price: String @requiresScopes(scopes: [["models:write"], ["tenants:admin"]])
  "What the provider is paid, never null."
  wholesalePrice: String! @requiresScopes(scopes: [["models:write", "tenants:admin"]])
  "The model that replaces it."
  replacedBy: Model
}
"A list."
type ModelConnection {
  "The edges."
  edges: [ModelEdge!]!
}
"One of a list."
type ModelEdge {
  "The model."
  node: Model!
}
"How to make a model."
input CreateModelInput {
  "Its name."
  name: String!
}
type Query {
  "All models."
  models("How many." first: Int = 50, "After which." after: String): ModelConnection!
    @authenticated @listSize(slicingArguments: ["first"], sizedFields: ["edges"], requireOneSlicingArgument: false)
  "One model."
  model("Its id." id: ID!): Model @authenticated
  "Open to everyone."
  motd: String
  "What may fail."
  broken: String
}
type Mutation {
  "Make a model."
  createModel("How." input: CreateModelInput!): Model!
    @requiresScopes(scopes: [["models:write"]]) @audited(action: "model.create")
  "Take a model away."
  retireModel("Its id." id: ID!): Model @requiresScopes(scopes: [["models:write"]]) @audited(action: "model.retire")
}
`;

const tenants = `
${federation('"@key", "@authenticated", "@requiresScopes", "@inaccessible", "@shareable"')}

"Any value."
scalar JSON

"Who has a name."
interface Named {
  "The name."
  name: String!
}
"A tenant."
type Tenant implements Named @key(fields: "id") {
  "Its id."
  id: ID!
  "Its name."
  name: String!
  "Its secret, for admins."
  secret: String @requiresScopes(scopes: [["tenants:admin"]])
}
"An app, for admins only."
type App implements Named @key(fields: "id") @requiresScopes(scopes: [["tenants:admin"]]) {
  "Its id."
  id: ID!
  "Its name."
  name: String!
}
"Who calls."
type Caller {
  "Its scopes."
  scopes: [String!]!
  "Its tenant."
  tenant: Tenant
}
type Query {
  "Who calls."
  me: Caller! @authenticated
  "All that has a name."
  named: [Named!] @authenticated
  _trustedDocument(tenantId: ID, name: String!): String @inaccessible
  _caller(keyHash: String!, token: String): JSON @inaccessible
}
type Mutation {
  _startSession: JSON @authenticated @inaccessible
  _beginSignIn(redirectUri: String!, returnPath: String!, tenantId: ID, issuerId: ID, emailDomain: String): JSON @authenticated @inaccessible
  _finishSignIn(querySecret: String!, stateSecret: String!, redirectUri: String!): JSON @authenticated @inaccessible
  _beginInvitation(invitationSecret: String!, redirectUri: String!): JSON @authenticated @inaccessible
  _acceptInvitation(stateSecret: String!): JSON @authenticated @inaccessible
  _endSession(everywhere: Boolean!): String @authenticated @inaccessible
}
`;

const inference = `
${federation('"@key", "@authenticated", "@requiresScopes", "@cost", "@composeDirective"')}
${heddle('"@quota", "@cache"', '@composeDirective(name: "@quota") @composeDirective(name: "@cache")')}

"An AI model."
type Model @key(fields: "id", resolvable: false) {
  "Its id."
  id: ID!
}
"A tenant."
type Tenant @key(fields: "id", resolvable: false) {
  "Its id."
  id: ID!
}
"What to complete."
input CompletionInput {
  "Which model."
  model: String!
  "What to say."
  text: String!
}
"An answer."
type Completion @key(fields: "id") {
  "Its id."
  id: ID!
  "Its text."
  text: String!
  "Who answered."
  model: Model!
  "Who asked."
  tenant: Tenant!
}
"One event of a completion."
interface CompletionEvent {
  "Which completion."
  completionId: ID!
  "From 0 without gaps."
  sequence: Int!
}
"The first event."
type CompletionStarted implements CompletionEvent {
  "Which completion."
  completionId: ID!
  "From 0 without gaps."
  sequence: Int!
  "Who answers."
  model: Model!
}
"A piece of text."
type TextDelta implements CompletionEvent {
  "Which completion."
  completionId: ID!
  "From 0 without gaps."
  sequence: Int!
  "The piece."
  text: String!
}
"The last event."
type CompletionFinished implements CompletionEvent {
  "Which completion."
  completionId: ID!
  "From 0 without gaps."
  sequence: Int!
  "The whole."
  completion: Completion!
}
type Query {
  "One completion."
  completion("Its id." id: ID!): Completion @requiresScopes(scopes: [["inference:invoke"]])
}
type Mutation {
  "Ask and wait."
  complete("What." input: CompletionInput!): Completion!
    @requiresScopes(scopes: [["inference:invoke"]])
    @quota(meters: [REQUESTS, TOKENS, COST, CONCURRENCY])
    @cache(maxAge: 60)
    @cost(weight: 10)
}
type Subscription {
  "Ask and listen."
  completionStream("What." input: CompletionInput!): CompletionEvent!
    @requiresScopes(scopes: [["inference:invoke"]]) @quota(meters: [REQUESTS, TOKENS], weight: 2)
}
`;

/** The SDLs of the small graph, each ending in the definitions of our directives as a real subgraph's does. */
export const sampleSdls = {
  models: `${models}\n${loadDirectiveDefinitions()}`,
  tenants: `${tenants}\n${loadDirectiveDefinitions()}`,
  inference: `${inference}\n${loadDirectiveDefinitions()}`,
} as const satisfies SubgraphSdls;
