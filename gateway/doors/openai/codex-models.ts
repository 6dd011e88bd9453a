import type { CallableName } from '../callable-names.ts';

/** Codex requires instructions of every entry, and sends them with each turn. They hold for any AI model. */
const instructions = `You are Codex, a coding agent in the terminal of the user. You and the user share one workspace.

- Work on the task until it is done, and then state briefly what you changed and how it was checked.
- Read the files that matter before you change them. Search with rg. Follow the style and the rules of the repository, such as AGENTS.md.
- Change files with the tool apply_patch where it is available. Keep changes small, and do not touch what the task does not require.
- Run the tests and checks of the project where that is possible. Never claim a result that you have not seen.
- Do not revert changes that you did not make. Ask before what cannot be undone.
- Where a command needs an approval that you do not have, request it and state why.`;

/** Tokens of the output of one tool that Codex keeps. */
const toolOutputTokensMax = 10_000;

const efforts = { low: 'Fast', medium: 'Balanced', high: 'Thorough' } as const;

/**
 * An entry of the list that Codex reads. One entry without a field that Codex requires makes it refuse the whole list, so each
 * has all of them: tools that the client runs, and none that only OpenAI runs.
 */
export function toCodexModel({ id, name }: CallableName, at: number): object {
  return {
    slug: id,
    display_name: name,
    description: null,
    default_reasoning_level: null,
    supported_reasoning_levels: Object.entries(efforts).map(([effort, description]) => ({
      effort,
      description,
    })),
    shell_type: 'shell_command',
    visibility: 'list',
    supported_in_api: true,
    priority: at + 1,
    availability_nux: null,
    upgrade: null,
    base_instructions: instructions,
    include_skills_usage_instructions: true,
    supports_reasoning_summaries: true,
    supports_reasoning_summary_parameter: true,
    default_reasoning_summary: 'auto',
    support_verbosity: false,
    default_verbosity: null,
    apply_patch_tool_type: 'freeform',
    web_search_tool_type: 'text',
    truncation_policy: { mode: 'tokens', limit: toolOutputTokensMax },
    supports_parallel_tool_calls: true,
    supports_image_detail_original: false,
    effective_context_window_percent: 95,
    experimental_supported_tools: [],
    input_modalities: ['text', 'image'],
    supports_search_tool: false,
    use_responses_lite: false,
  };
}
