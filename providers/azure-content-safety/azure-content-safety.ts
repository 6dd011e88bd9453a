import { imageTokensUsual } from '#core/image-tokens.ts';
import type { ModeratedContent, ModeratedImage, ModeratedText } from '#core/moderation-categories.ts';
import { readAzureCredential } from '../azure-openai/entra.ts';
import type { Provider, ProviderUsage } from '../provider.ts';
import { noUsage } from '../provider.ts';
import { rejectInput } from '../translate/call-parts.ts';
import { malformed } from '../translate/completeness.ts';
import type { VendorOptions } from '../vendor.ts';
import {
  createModerate,
  type ModerationExchange,
  type ModerationWire,
} from '../wires/moderation/moderate.ts';
import { type CategoryNames, ScoreTable } from '../wires/moderation/scores.ts';
import { groupTexts } from '../wires/moderation/text-groups.ts';
import { type Fields, fields, list, text } from '../wires/shared/fields.ts';
import { postJson, requestHeaders } from '../wires/shared/wire-request.ts';
import { withoutChat } from '../without-chat.ts';

const apiVersion = '2024-09-01';
const severityMax = 7;
const documentsMax = 5;
/** Of an image. Its sides, which have bounds too, are for Azure to refuse. */
const imageBytesMax = 4 * 1_024 * 1_024;

/** Text records, which are billed, of so many characters; one counts as that many tokens at four characters each. */
const recordCharacters = 1_000;
const tokensPerRecord = recordCharacters / 4;

const categories: CategoryNames = {
  hate: 'HATE',
  selfharm: 'SELF_HARM',
  sexual: 'SEXUAL',
  violence: 'VIOLENCE',
  prompt: 'PROMPT_ATTACK',
};
const analyzed = ['Hate', 'SelfHarm', 'Sexual', 'Violence'];

function toUsage(sent: readonly string[]): ProviderUsage {
  const records = sent.reduce((sum, each) => sum + Math.ceil([...each].length / recordCharacters), 0);
  return { ...noUsage, inputTokens: records * tokensPerRecord };
}

function takeTexts(operation: string, content: ModeratedContent): readonly ModeratedText[] {
  if ('texts' in content) return content.texts;
  throw rejectInput(`${operation} classifies texts alone.`);
}

function takeImage(operation: string, content: ModeratedContent): ModeratedImage {
  if (!('image' in content)) throw rejectInput(`${operation} classifies images alone.`);
  if (Buffer.byteLength(content.image.data, 'base64') > imageBytesMax) {
    throw rejectInput(`${operation} takes images of at most 4 MB.`);
  }
  return content.image;
}

/** Severities from 0 to 7, of four categories; of images they are 0, 2, 4 and 6. */
function readSeverities(answer: Fields): ScoreTable['scores'] {
  const table = new ScoreTable(categories);
  const seen = new Set<string>();
  for (const given of list(answer.categoriesAnalysis)) {
    const { category, severity } = fields(given) ?? {};
    if (typeof severity !== 'number' || !Number.isInteger(severity)) throw malformed();
    seen.add(text(category));
    table.add(text(category), severity / severityMax);
  }
  if (analyzed.some((category) => !seen.has(category))) throw malformed();
  return table.scores;
}

/** Whether there is an attack, in the prompt and in each of the documents. */
function readAttacks(answer: Fields, hasPrompt: boolean, documents: number): ScoreTable['scores'] {
  const table = new ScoreTable(categories);
  const ofDocuments = list(answer.documentsAnalysis);
  if (ofDocuments.length !== documents) throw malformed();
  for (const given of [...(hasPrompt ? [answer.userPromptAnalysis] : []), ...ofDocuments]) {
    const { attackDetected } = fields(given) ?? {};
    if (typeof attackDetected !== 'boolean') throw malformed();
    table.add('prompt', attackDetected ? 1 : 0, attackDetected);
  }
  return table.scores;
}

/**
 * Analyze Text, Analyze Image and Prompt Shields. One request has all texts, of at most 10,000 characters together, or one image.
 * https://learn.microsoft.com/en-us/rest/api/contentsafety/operation-groups?view=rest-contentsafety-2024-09-01
 */
function createModeration(baseUrl: string, headers: Readonly<Record<string, string>>): ModerationWire {
  const post = (operation: string, body: object) =>
    postJson(`${baseUrl}/${operation}?api-version=${apiVersion}`, headers, body);
  const operations: Readonly<Record<string, ModerationWire>> = {
    'text:analyze': (operation, content): ModerationExchange => {
      const whole = groupTexts(
        takeTexts(operation, content).map((each) => each.text),
        1,
      ).join('');
      return {
        request: post(operation, { text: whole, categories: analyzed, outputType: 'EightSeverityLevels' }),
        read: readSeverities,
        toUsage: () => toUsage([whole]),
      };
    },
    'image:analyze': (operation, content): ModerationExchange => {
      const image = { content: takeImage(operation, content).data };
      return {
        request: post(operation, { image, categories: analyzed, outputType: 'FourSeverityLevels' }),
        read: readSeverities,
        toUsage: () => ({ ...noUsage, inputTokens: imageTokensUsual }),
      };
    },
    'text:shieldPrompt': (operation, content): ModerationExchange => {
      const texts = takeTexts(operation, content);
      const pick = (isDocument: boolean, max: number) =>
        groupTexts(
          texts.filter((each) => each.isDocument === isDocument).map((each) => each.text),
          max,
        );
      const [userPrompt = ''] = pick(false, 1);
      const documents = pick(true, documentsMax);
      return {
        request: post(operation, { userPrompt, documents }),
        read: (answer) => readAttacks(answer, userPrompt !== '', documents.length),
        toUsage: () => toUsage([userPrompt, ...documents]),
      };
    },
  };
  return (model, content) => {
    const wire = Object.hasOwn(operations, model) ? operations[model] : undefined;
    if (wire === undefined) {
      throw rejectInput(
        `Azure AI Content Safety has ${Object.keys(operations).join(', ')}, and no ${model}.`,
      );
    }
    return wire(model, content);
  };
}

/** AZURE_CONTENT_SAFETY: moderation; the name of an AI model is that of an operation. */
export function createAzureContentSafety({ baseUrl, ...options }: VendorOptions): Provider {
  const keyHeader = 'ocp-apim-subscription-key';
  const { secret, fetch, headers } = readAzureCredential(options.secret, keyHeader, options.fetch);
  const moderation = createModeration(baseUrl, requestHeaders(headers));
  return {
    ...withoutChat('moderation'),
    embed: async () => {
      throw rejectInput('This provider does not embed.');
    },
    moderate: createModerate({ moderation, secret, fetch }),
  };
}
