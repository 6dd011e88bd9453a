import { createHash } from 'node:crypto';
import { type BodyFields, isFields } from '../../body-fields.ts';

/** A tool of the client under the name that the client calls it by. */
export interface ClientTool {
  readonly name: string;
  /** Of a tool in a namespace. */
  readonly namespace?: string;
  /** Its input is a text and not JSON. */
  readonly isCustom: boolean;
}

/** By the name of the graph: the tools that an answer states otherwise than by that name, as calls of a function. */
export type ClientTools = ReadonlyMap<string, ClientTool>;

const separator = '__';
/** What every provider takes. */
const nameForm = /^[A-Za-z_][\w-]{0,63}$/;
const headMax = 55;
/** The namespace of tools that are in none. */
const defaultNamespace = 'functions';

/** The name of a tool in the graph, which has no namespaces. It depends on nothing else: earlier calls keep it. */
export function toGraphName(name: string, namespace: string | undefined): string {
  if (namespace === undefined || namespace === '' || namespace === defaultNamespace) return name;
  const joined = namespace.endsWith(separator) ? namespace + name : namespace + separator + name;
  if (nameForm.test(joined)) return joined;
  const digest = createHash('sha256')
    .update(JSON.stringify([namespace, name]))
    .digest('hex');
  const head = joined.replaceAll(/[^\w-]/g, '_').replace(/^[^A-Za-z_]/, '_');
  return `${head.slice(0, headMax)}_${digest.slice(0, 8)}`;
}

/**
 * Whether a tool is a namespace of tools that the client runs, as Codex declares those of an MCP server. One with tools
 * that are loaded later belongs to the vendor's search for tools.
 */
export function isClientNamespace({ type, tools }: BodyFields): boolean {
  return type === 'namespace' && !(Array.isArray(tools) && tools.some(isDeferred));
}

function isDeferred(tool: unknown): boolean {
  return isFields(tool) && tool.defer_loading === true;
}

/** The fields of a function or custom tool, which some clients send with one more level, as chat completions have it. */
export function readToolFields(tool: BodyFields): BodyFields {
  const nested = tool.type === 'custom' ? tool.custom : tool.function;
  return isFields(nested) ? nested : tool;
}

/** The tools of a request as its response repeats them. */
export function listClientTools(tools: unknown): ClientTools {
  const listed = new Map<string, ClientTool>();
  for (const tool of Array.isArray(tools) ? tools : []) {
    if (!isFields(tool)) continue;
    if (tool.type === 'custom') listed.set(String(tool.name), { name: String(tool.name), isCustom: true });
    if (!isClientNamespace(tool)) continue;
    const namespace = String(tool.name);
    for (const one of Array.isArray(tool.tools) ? tool.tools : []) {
      if (!isFields(one)) continue;
      const name = String(readToolFields(one).name);
      listed.set(toGraphName(name, namespace), { name, namespace, isCustom: one.type === 'custom' });
    }
  }
  return listed;
}
