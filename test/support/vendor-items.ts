/** Tools that OpenAI runs, or that its clients run for it, as its SDK has them. */
export const tokens = [
  'token-of-the-user-1',
  'header-token-of-1',
  'path-token-of-the-server',
  'query-token-1',
];
const [authorization = '', header = '', path = '', query = ''] = tokens;

/** A remote server with a credential in every place that may have one. */
export const mcp = {
  type: 'mcp',
  server_label: 'docs',
  server_url: `https://mcp.example.com/s/${path}/mcp?key=${query}`,
  authorization: `Bearer ${authorization}`,
  headers: { 'x-api-key': header },
  require_approval: 'always',
  allowed_tools: ['search'],
};

export const vendorTools = [
  mcp,
  { type: 'image_generation', size: '1024x1024', partial_images: 1 },
  { type: 'computer_use_preview', display_width: 1, display_height: 1, environment: 'browser' },
  { type: 'local_shell' },
  { type: 'shell', environment: { type: 'local' } },
  { type: 'apply_patch' },
  { type: 'code_interpreter', container: { type: 'auto' } },
  { type: 'web_search', search_context_size: 'low' },
  { type: 'tool_search' },
  { type: 'a_tool_of_tomorrow', anything: { at: ['all'] } },
];

/** Tools that name what an account of the vendor keeps. */
export const accountTools = [
  { type: 'file_search', vector_store_ids: ['vs_1'] },
  { type: 'code_interpreter', container: 'cntr_1' },
  { type: 'code_interpreter', container: { type: 'auto', file_ids: ['file_1'] } },
  { type: 'shell', environment: { type: 'container_reference', container_id: 'cntr_1' } },
  { type: 'image_generation', input_image_mask: { file_id: 'file_1' } },
];

/** Items of such tools in an answer. None of them is a part of an answer that the graph has a field for. */
export const vendorItems = [
  {
    type: 'mcp_list_tools',
    id: 'mcpl_1',
    server_label: 'docs',
    tools: [{ name: 'search', input_schema: {} }],
  },
  {
    ...{ type: 'mcp_call', id: 'mcp_1', server_label: 'docs', name: 'search', arguments: '{"q":"x"}' },
    ...{ output: 'Found.', error: null, status: 'completed' },
  },
  { type: 'image_generation_call', id: 'ig_1', status: 'completed', result: 'aW1hZ2U=' },
  { type: 'shell_call', id: 'sh_1', call_id: 'call_sh', status: 'completed', action: { commands: ['ls'] } },
  {
    type: 'local_shell_call',
    id: 'lsh_1',
    call_id: 'call_lsh',
    status: 'completed',
    action: { type: 'exec' },
  },
  { type: 'apply_patch_call', id: 'ap_1', call_id: 'call_ap', status: 'completed', operation: { type: 'x' } },
  {
    ...{ type: 'computer_call', id: 'cc_1', call_id: 'call_cc', status: 'completed' },
    ...{ action: { type: 'screenshot' }, pending_safety_checks: [] },
  },
  {
    ...{ type: 'mcp_approval_request', id: 'mcpr_1', server_label: 'docs', name: 'search' },
    arguments: '{"q":"y"}',
  },
];

/** Items with which a client answers. */
export const clientItems = [
  { type: 'shell_call_output', call_id: 'call_sh', output: [{ stdout: 'a', stderr: '', outcome: {} }] },
  { type: 'local_shell_call_output', id: 'call_lsh', output: '{}' },
  { type: 'apply_patch_call_output', call_id: 'call_ap', status: 'completed' },
  {
    ...{ type: 'computer_call_output', call_id: 'call_cc' },
    output: { type: 'computer_screenshot', image_url: 'data:image/png;base64,aW1hZ2U=' },
  },
  { type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: true },
];

export const phased = (id: string, phase: string | undefined, text: string) => ({
  ...{ type: 'message', id, role: 'assistant', status: 'completed' },
  ...(phase === undefined ? {} : { phase }),
  content: [{ type: 'output_text', text, annotations: [] }],
});

/** An answer of the vendor's to `items`, whole. */
export const toVendorAnswer = (output: readonly object[]) => ({
  id: 'resp_up',
  object: 'response',
  status: 'completed',
  output,
  usage: { input_tokens: 5, output_tokens: 5, total_tokens: 10 },
});

export type VendorItem = Readonly<Record<string, unknown>>;

/** Progress of an item by its vendor, without the events that every item has. */
export function toProgress(item: VendorItem, index: number): readonly VendorItem[] {
  const place = { output_index: index, item_id: item.id };
  return [
    { type: `response.${item.type}.in_progress`, ...place },
    ...(item.type === 'mcp_call'
      ? [
          { type: 'response.mcp_call_arguments.delta', ...place, delta: '{"q":' },
          { type: 'response.mcp_call_arguments.done', ...place, arguments: item.arguments },
        ]
      : []),
    ...(item.type === 'image_generation_call'
      ? [
          {
            ...{ type: 'response.image_generation_call.partial_image', ...place },
            ...{ partial_image_b64: 'aW0=', partial_image_index: 0 },
          },
        ]
      : []),
    { type: `response.${item.type}.completed`, ...place },
  ];
}

/** The same answer as the events of its stream, each with the vendor's own number. */
export function toVendorEvents(output: readonly VendorItem[]): readonly VendorItem[] {
  const events: VendorItem[] = [];
  for (const [index, item] of output.entries()) {
    const added = item.type === 'message' ? { ...item, content: [] } : item;
    events.push({
      type: 'response.output_item.added',
      output_index: index,
      item: { ...added, status: 'in_progress' },
    });
    if (item.type === 'message') {
      const [{ text }] = item.content as [{ text: string }];
      events.push({ type: 'response.output_text.delta', output_index: index, item_id: item.id, delta: text });
    } else events.push(...toProgress(item, index));
    events.push({ type: 'response.output_item.done', output_index: index, item });
  }
  events.push({ type: 'response.completed', response: toVendorAnswer(output) });
  return events.map((event, at) => ({ ...event, sequence_number: 100 + at }));
}
