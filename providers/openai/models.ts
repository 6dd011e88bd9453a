import { type Effort, efforts } from '../translate/call-parts.ts';
import { perModel } from '../wires/shared/model-cache.ts';

/** What OpenAI's APIs take from one of its AI models, as far as its name shows it. */
export interface OpenaiModel {
  /** It reasons: it takes `developer` instructions, and a temperature at most without an effort. */
  readonly reasons: boolean;
  /** The efforts that it takes; null: not known, so that any is sent. */
  readonly efforts: readonly Effort[] | null;
  /** It takes temperature and top_p with the effort `none`. */
  readonly samplesWithoutReasoning: boolean;
  /** Chat completions take tools from it only with the effort `none`. */
  readonly chatToolsWithoutReasoning: boolean;
  /** False: chat completions refuse its temperature though it does not reason. */
  readonly takesTemperature: boolean;
}

const withNone = efforts.filter((effort) => effort !== 'minimal');
const withoutNone = withNone.filter((effort) => effort !== 'none');

/** Of the sixth generation, those that can be used without reasoning. */
const optionalReasoning: ReadonlySet<string> = new Set(['gpt-6.1-terra', 'gpt-6-luna', 'gpt-6-sol']);
/** Variants of the fifth generation with known efforts. */
const knownVariant = /^(?:(?:mini|nano|sol|luna|terra)(?:-\d{4}-\d{2}-\d{2})?|\d{4}-\d{2}-\d{2})$/;

function effortsOfFifth(minor: number): readonly Effort[] {
  if (minor === 0) return ['minimal', 'low', 'medium', 'high'];
  if (minor === 1) return ['none', 'low', 'medium', 'high'];
  return minor < 6 ? withNone.filter((effort) => effort !== 'max') : withNone;
}

function readModel(name: string): OpenaiModel {
  const takesTemperature = !/^gpt-4o-(?:mini-)?search-preview/.test(name);
  const plain = { samplesWithoutReasoning: false, chatToolsWithoutReasoning: false, takesTemperature };
  if (/^o\d+(?:-|$)/.test(name)) return { ...plain, reasons: true, efforts: null };
  const gpt = /^gpt-(\d+)(?:\.(\d+))?(?:-(.+))?$/.exec(name);
  const major = Number(gpt?.[1] ?? 0);
  const variant = gpt?.[3];
  const isChat = gpt?.[2] === undefined && variant?.startsWith('chat') === true;
  if (major < 5 || isChat) return { ...plain, reasons: false, efforts: null };
  const minor = Number(gpt?.[2] ?? 0);
  if (major > 5) {
    const optional = optionalReasoning.has(name);
    const taken = optional ? withNone : withoutNone;
    return { ...plain, reasons: true, efforts: taken, samplesWithoutReasoning: optional };
  }
  return {
    reasons: true,
    efforts: variant === undefined || knownVariant.test(variant) ? effortsOfFifth(minor) : null,
    samplesWithoutReasoning: minor >= 1,
    chatToolsWithoutReasoning: minor >= 6,
    takesTemperature,
  };
}

/** What is known of a model by OpenAI's own name for it. */
export const openaiModel = perModel(readModel);
