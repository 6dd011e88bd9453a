import { type Erasers, type ErasureSubject, eraseByDeleting } from '#mongo/eraser.ts';
import { promptVersions } from '#mongo/prompt-versions.ts';
import { prompts } from '#mongo/prompts.ts';
import { type PromptsDeps, promptsChanged } from './deps.ts';

/** The steps of erasures in the collections of this part. */
export function createPromptsErasers(deps: Pick<PromptsDeps, 'connection' | 'bus'>): Erasers {
  const { connection } = deps;
  const ofTenant = ({ tenantId }: ErasureSubject) => ({ tenantId });
  return {
    TENANT: {
      prompt_versions: eraseByDeleting(connection, promptVersions, ofTenant),
      prompts: {
        ...eraseByDeleting(connection, prompts, ofTenant),
        finish: () => promptsChanged(deps),
      },
    },
    END_USER: {},
  };
}
