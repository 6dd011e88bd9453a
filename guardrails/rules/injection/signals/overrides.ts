import { signal } from '../signal.ts';

const override = (source: string) => signal('OVERRIDE', source, 1);

/** After a negation it demands that they are followed. */
const notTold = "(?<!\\b(?:not|never|cannot|can't|don't|won't|shouldn't|mustn't)\\s{1,5})";
/** To let what one was told be without effect. */
const setAside =
  notTold +
  "\\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|ing)|overrule|bypass|neglect|discard|abandon|drop|(?:set|put|lay|leave)_aside|throw_(?:away|out)|(?:do_not|don't|stop|never|no_longer)_(?:follow(?:ing)?|obey(?:ing)?|adher(?:e|ing)_to|comply(?:ing)?_with)|pay_no_attention_to)";
const instructions =
  '(?:instructions?|prompts?|directives?|directions?|guidelines?|commands?|programming|constraints?|restrictions?|rules?|policy|policies)';

/** "Ignore all previous instructions", in thirteen languages. */
export const overrides = [
  override(
    `${setAside}_~4(?:previous|previously|prior|preceding|above|earlier|foregoing|former|initial|original|system|developer|safety|your|existing|past)_~2${instructions}\\b`,
  ),
  override(
    `${setAside}_~4${instructions}_~1(?:above|before_this|you_(?:were|have_been)_(?:given|told)|(?:that_)?came_before|i_(?:said|told_you)_before|so_far|(?:of|from|by)_(?:the|your)_(?:system|developers?|operators?|app|company|creators?|makers?))\\b`,
  ),
  // A sentence of its own: processors ignore all instructions after a jump.
  override(
    `(?:^|[.!?:;,\\n"'(>*-])\\s{0,5}(?:please_|now_|then_|first_){0,2}(?:ignore|disregard|forget|bypass)_(?:all|any|every)_(?:of_)?(?:the_|these_|those_)?instructions?(?:_(?:and|then|but|instead)\\b|(?!\\s{0,5}[\\p{L}\\d]))`,
  ),
  override(
    `${setAside}_(?:all_)?(?:everything|anything|what(?:ever)?)_~1(?:above|before_this|you_(?:were|have_been)_(?:given|told|taught|instructed)|(?:that_)?came_before|i_(?:said|told_you)_before|so_far)\\b`,
  ),
  override(
    '\\b(?:ignorier(?:e|en|t)?|vergiss|vergessen|missachte[nt]?|uberspring(?:e|en))_~4(?:vorherigen?|bisherigen?|vorigen?|obigen?|fruheren?|vorangegangenen?|vorangehenden?|ursprunglichen?|deine[nr]?|ihre[nr]?|oben)_~2(?:system-?)?(?:anweisung|instruktion|befehl|regel|vorgabe|anordnung|richtlinie|prompt)\\p{L}{0,4}\\b',
  ),
  override(
    "\\b(?:ignore[rz]?|oublie[rz]?|neglige[rz]?|ne_(?:tiens|tenez)_(?:pas|aucun)_compte)_~3(?:(?:instructions?|consignes?|regles?|directives?|ordres?|commandes?)_~1(?:precedente?s?|anterieure?s?|ci-dessus|initiale?s?|d'origine|du_systeme)|(?:tes|vos)_(?:instructions|consignes|regles|directives))",
  ),
  override(
    '\\b(?:ignor(?:a|e|ar|en)|olvid(?:a|e|ar|en)|omit(?:e|a|ir)|haz_caso_omiso_de|descarta)_~3(?:(?:instrucci(?:on|ones)|reglas?|indicaci(?:on|ones)|ordenes|directrices|normas)_~1(?:anteriores?|previas?|precedentes?|de_arriba|originales|iniciales|del_sistema)|tus_(?:instrucciones|reglas|directrices))',
  ),
  override(
    '\\b(?:ignora(?:re|te)?|dimentica(?:re|te)?|trascura(?:re|te)?|non_considerare)_~3(?:(?:istruzion[ei]|regol[ae]|direttiv[ae]|indicazion[ei]|ordini)_~1(?:precedent[ei]|anterior[ei]|di_sopra|inizial[ei]|original[ei]|del_sistema)|(?:le_)?tue_(?:istruzioni|regole|direttive))',
  ),
  override(
    '\\b(?:ignor(?:e|a|ar|em)|esquec(?:a|e|er|am)|desconsider(?:e|a|ar)|descart(?:e|a|ar))_~3(?:(?:instruc(?:ao|oes)|regras?|diretrizes|ordens|comandos?)_~1(?:anterior(?:es)?|previas?|acima|iniciais|originais|do_sistema)|suas_(?:instrucoes|regras|diretrizes))',
  ),
  override(
    '\\b(?:negeer|vergeet)_~3(?:vorige|eerdere|voorgaande|bovenstaande|oorspronkelijke|je|jouw|uw)_~2(?:instructies?|opdrachten|regels|aanwijzingen|richtlijnen|prompt)\\b',
  ),
  override(
    '\\b(?:z?ignoruj(?:cie)?|zapomnij(?:cie)?|pomin(?:cie)?)_~2(?:poprzedni|wczesniejsz|powyzsz|dotychczasow|swoj|twoj)\\p{L}{0,4}_~1(?:instrukcj|polece|zasad|regul|wytyczn)\\p{L}{0,4}',
  ),
  override(
    '(?:игнорируи|проигнорируи|забудь|отбрось|не_обращаи_внимания_на)(?:те)?_~3(?:предыдущ|прежн|вышеуказан|предшествующ|предшедш|ранее|свои|твои|системн)\\p{L}{0,4}_~2(?:инструкци|указани|правил|команд|директив|промпт)\\p{L}{0,4}',
  ),
  override(
    '\\b(?:onceki|yukaridaki|tum|butun|sistem)_~2(?:talimat|yonerge|komut|kural)\\p{L}{0,8}_~2(?:unut|yok_say|goz_ardi_et|gormezden_gel|dikkate_alma)',
  ),
  override('(?:पिछले|पहले_के|ऊपर_के|सभी)_~2(?:निर्देश|आदेश|नियम)\\S{0,4}_~2(?:अनदेखा|भूल|नजर|उपेक्षा)'),
  override(
    '(?:تجاهل|انس|انسى|اهمل)(?:وا|ي)?_~2(?:التعليمات|الاوامر|القواعد|الارشادات|التوجيهات)_~1(?:السابقة|اعلاه|الاصلية)',
  ),
  override(
    '(?:忽略|无视|無視|忘记|忘掉|忘記)[^。\\n]{0,8}?(?:之前|以前|先前|上面|上述|以上|前面|此前)[^。\\n]{0,8}?(?:指令|指示|提示|规则|規則|命令)',
  ),
  override(
    '(?:これまで|以前|上記|前|先ほど|今まで|全て|すべて)の?[^。\\n]{0,10}?(?:指示|命令|ルール|フロンフト|プロンプト|指令)[^。\\n]{0,6}?を?[^。\\n]{0,4}?(?:無視|忘れ|破棄)',
  ),
  override(
    '(?:이전|앞의|위의|기존|지금까지)[^.\\n]{0,12}?(?:지시|명령|지침|규칙|프롬프트)[^.\\n]{0,8}?(?:무시|잊어|잊고)',
  ),
];
