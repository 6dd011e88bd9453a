/**
 * Which of OpenAI's two APIs a model is called through. Chat completions is the default: it takes stop and seed and its
 * usage and terminal marker are exact. Reasoning models go through responses, because only there do reasoning summaries
 * exist, effort goes together with tools, and the newest ones are served at all.
 */
export function prefersResponses(model: string): boolean {
  const name = model.replace(/^ft:/, '');
  if (/^gpt-\d+(?:\.\d+)?-chat/.test(name)) return false;
  return /^(?:o\d|gpt-(?:[5-9]|\d\d)|codex|computer-use)|deep-research|-codex/.test(name);
}
