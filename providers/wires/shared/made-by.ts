import type { FinishDetails } from '../../provider.ts';
import { type Fields, text } from './fields.ts';

/** Characters of a name that is passed on. */
const nameMax = 200;

/** How an answer was made, as its provider states in any of its events: the last of them counts. */
export class MadeBy {
  #fingerprint = '';
  #serviceTier = '';

  add({ system_fingerprint: fingerprint, service_tier: serviceTier }: Fields): void {
    if (fingerprint) this.#fingerprint = text(fingerprint) || this.#fingerprint;
    if (serviceTier) this.#serviceTier = text(serviceTier) || this.#serviceTier;
  }

  get details(): Pick<FinishDetails, 'fingerprint' | 'serviceTier'> {
    return {
      ...(this.#fingerprint === '' ? {} : { fingerprint: this.#fingerprint.slice(0, nameMax) }),
      ...(this.#serviceTier === '' ? {} : { serviceTier: this.#serviceTier.slice(0, nameMax) }),
    };
  }
}
