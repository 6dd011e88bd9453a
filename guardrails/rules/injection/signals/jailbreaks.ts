import { signal } from '../signal.ts';

/** Personas without rules, and what goes with them. Most are weak: only several together are an attack. */
export const jailbreaks = [
  signal('DAN', '\\bdo_anything_now\\b|\\bdo_anything_and_everything\\b', 0.6),
  signal('MODE', '\\b(?:developer|debug|god|sudo)_mode\\b', 0.5),
  signal('JAILBREAK', '\\bjailbr(?:eak|oken)\\p{L}{0,5}', 0.3),
  signal(
    'MODE',
    '\\bmode_(?:enabled|activated|on|output)\\b|\\b(?:evil|opposite|unfiltered|villain|chaos)_mode\\b',
    0.4,
  ),
  signal(
    'UNFILTERED',
    '\\b(?:unfilt(?:e)?red|uncensored|unrestrict(?:ed|ive)|unrestrained|unchained|amoral|unethical)\\b',
    0.35,
  ),
  signal(
    'NO_RULES',
    "\\b(?:do_not|don't)_(?:need|have)_to_(?:obey|follow|comply_with|adhere_to|align_with)\\b|\\b(?:without|no|not|none|free_(?:of|from)|freed_from|lacks?|bound_by|any|break(?:s|ing)?|broken_free|bypass(?:es|ing)?|disregard(?:s|ing)?|ignor(?:es|ing)|doesn'?t|don'?t|never|regardless_of|devoid_of)_~4(?:restrictions?|limitations?|limits|filters?|guidelines|boundaries|morals?|morality|ethics?|ethical|rules|polic(?:y|ies)|constraints?|censorship|laws?|legality|consequences)\\b",
    0.35,
  ),
  signal(
    'NEVER_REFUSE',
    "\\b(?:never|cannot|can't|can_not|won't|will_not|not|without|don't|isn't_able_to)_~2(?:refus(?:e|es|ing|al)|declin(?:e|es|ing)|reject(?:s|ing)?|deny|say(?:ing)?_(?:no|sorry|that_you_can't)|apologi[sz]e)\\b|\\b(?:always|must)_~1(?:comply|obey)",
    0.35,
  ),
  signal(
    'ANSWER_ALL',
    '\\b(?:answer|respond_to|fulfil?l)_~1(?:any|every|all)_~3(?:questions?|prompts?|requests?)',
    0.15,
  ),
  signal('CHARACTER', '\\b(?:stay|remain|stays|keep|be|break|breaks|breaking|out_of|in)_~1character\\b', 0.3),
  signal(
    'FROM_NOW_ON',
    '\\bfrom_(?:now|this_(?:point|moment))_(?:on|onwards?|forward)?|\\byou_(?:are|will)_now\\b|\\byou_are_no_longer\\b|\\byou_are_(?:going_to|about_to)\\b|\\bnow_you_(?:are|will)\\b',
    0.25,
  ),
  signal(
    'PRETEND',
    '\\b(?:act(?:ing)?_(?:as|like)|pretend(?:ing)?|role-?_?play(?:ing)?|play(?:ing)?_the_(?:role|part)|take_on_the_(?:role|persona)|simulat(?:e|ing)|emulat(?:e|ing)|persona|immerse_yourself|imagine_(?:that_)?you)\\b',
    0.2,
  ),
  signal('FICTION', '\\b(?:hypothetical(?:ly)?|fictional|fictitious)\\b', 0.15),
  signal(
    'FORBIDDEN',
    '\\b(?:illegal(?:ity)?|immoral|harmful|unlawful|nsfw|offensive|profan(?:e|ity)|swear(?:ing)?|curs(?:e|ing)|dangerous|taboo|inappropriate|sexually|criminal|explicit)\\b',
    0.2,
  ),
  signal(
    'VENDOR_POLICY',
    "\\bopenai(?:'s|s)?_~2(?:polic(?:y|ies)|guidelines|rules|restrictions|limitations|content)\\b|\\b(?:content|usage)_(?:polic(?:y|ies)|guidelines|restrictions)\\b|\\bas_an_ai(?:_language_model)?\\b",
    0.35,
  ),
  signal('VENDOR', '\\b(?:chat_?gpt|openai|gpt-?[345])\\b', 0.15),
  signal(
    'NO_WARNINGS',
    '\\b(?:no|without|any|never|not|omit|avoid|skip)_~4(?:warnings?|disclaimers?|apologi(?:es|zing)|moral(?:izing|ity|_lectures?)|lectur(?:e|es|ing))\\b',
    0.25,
  ),
  signal(
    'TWO_ANSWERS',
    '\\b(?:two|both|2)_(?:different_|separate_)?(?:responses?|answers?|ways|outputs|replies|paragraphs|personalities|personas|entities|characters)\\b|\\b(?:respond|answer|reply)_(?:twice|in_two)\\b|🔒|🔓',
    0.3,
  ),
  signal(
    'TOKENS',
    '\\byou_~2(?:have|start_with|lose|begin_with|deduct(?:ed)?)_~2\\d{1,5}_tokens\\b|\\btokens?_~4(?:deducted|will_die|cease)',
    0.5,
  ),
  signal(
    'KNOWN_PERSONA',
    '\\bmachiavelli(?:an)?\\b|\\bevil_(?:confidant|bot|trusted)\\b|\\b(?:deceased|late|dead)_grandm|\\bstrive_to_avoid_norms\\b|\\bwithout_~2remorse\\b',
    0.4,
  ),
  signal(
    'CONFIRM',
    '\\b(?:say|reply|respond|answer|write|confirm|acknowledge)_~4["\'“]?(?:understood|i_understand|i_am_ready|ok(?:ay)?["\'”])',
    0.15,
  ),
];
