/** By dialect: a whole answer that states nothing, which the AI SDK gets in place of an answer while its request is taken. */
export const blankAnswers = {
  chat: JSON.stringify({
    id: '',
    object: 'chat.completion',
    created: 0,
    model: '',
    choices: [{ index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
  }),
  responses: JSON.stringify({
    id: '',
    object: 'response',
    created_at: 0,
    model: '',
    status: 'completed',
    output: [],
    usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 },
  }),
  messages: JSON.stringify({
    type: 'message',
    id: '',
    role: 'assistant',
    model: '',
    content: [],
    stop_reason: 'end_turn',
    usage: { input_tokens: 0, output_tokens: 0 },
  }),
  gemini: JSON.stringify({ candidates: [{ content: { parts: [] }, finishReason: 'STOP' }] }),
  cohere: JSON.stringify({
    message: { role: 'assistant', content: [] },
    finish_reason: 'COMPLETE',
    usage: { tokens: { input_tokens: 0, output_tokens: 0 } },
  }),
};
