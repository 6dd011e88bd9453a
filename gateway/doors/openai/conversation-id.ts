import { isConversationId } from '#core/text/label.ts';
import { isFields } from '../body-fields.ts';

/** The conversation that the metadata of a body names in `conversation_id`. Metadata is the client's own: what is not fit for one is no error. */
export function readConversationId(metadata: unknown): string | undefined {
  const id = isFields(metadata) ? metadata.conversation_id : undefined;
  return isConversationId(id) ? id : undefined;
}
