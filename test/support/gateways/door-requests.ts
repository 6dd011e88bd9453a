import type { SubgraphExecutor } from '#transport/executor.ts';
import type { DoorExample } from './door-examples.ts';
import type { SampleGateway } from './sample-gateway.ts';
import { createSampleMesh, type SampleMesh } from './sample-subgraphs.ts';

/** What stands behind the gateway of an example. */
export const createDoorMesh = (example?: DoorExample) => example?.mesh?.() ?? createSampleMesh();

/** What is started once for all routes that have the same mesh behind the gateway, since their requests do not disturb each other. */
export function oncePerMesh<T>(
  start: (example: DoorExample) => Promise<T>,
): (example: DoorExample) => Promise<T> {
  const started = new Map<DoorExample['mesh'], Promise<T>>();
  return (example) => {
    const running = started.get(example.mesh) ?? start(example);
    started.set(example.mesh, running);
    return running;
  };
}

/** The mesh with every subgraph but `tenants` replaced. */
export function replaceSubgraphs(mesh: SampleMesh, executor: SubgraphExecutor): SampleMesh {
  const { tenants } = mesh.executors;
  return {
    ...mesh,
    executors: { tenants, models: executor, inference: executor, prompts: executor, usage: executor },
  };
}

interface SentRequest {
  readonly method: string;
  readonly example: DoorExample;
}

/** Sends the example of a route, with some of it replaced. */
export async function sendExample(
  { url }: SampleGateway,
  { method, example }: SentRequest,
  { headers = {}, body, path }: { headers?: Record<string, string>; body?: string; path?: string } = {},
) {
  const sent = body ?? (example.body === undefined ? undefined : JSON.stringify(example.body));
  const response = await fetch(`${url}${path ?? example.path}`, {
    method,
    headers: {
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...example.headers,
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}
