/** The five subgraphs of the graph. */
export const subgraphNames = ['models', 'prompts', 'tenants', 'usage', 'inference'] as const;
export type SubgraphName = (typeof subgraphNames)[number];
