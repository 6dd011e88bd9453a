/** Terms of a topic in English, German, French and Spanish: those that have no other meaning, those that name it, and those that do so beside others. */
interface KnownTopic {
  /** Weight 3: each is enough alone. */
  readonly certain?: readonly string[];
  /** Weight 2. */
  readonly strong: readonly string[];
  /** Weight 1. */
  readonly weak: readonly string[];
}

const list = (terms: string) => terms.split(/\s*,\s*/);

/** Topics that a policy can name without terms of its own. */
export const knownTopics: Readonly<Record<string, KnownTopic>> = {
  MEDICAL: {
    strong: list(
      'diagnosis, chemotherapy, antibiotics, insulin, prescription drug, biopsy, mg twice daily, Diagnose, Chemotherapie, Antibiotika, Medikament, Medikamente, diagnostic médical, chimiothérapie, antibiotiques, ordonnance médicale, diagnóstico, quimioterapia, antibióticos, receta médica',
    ),
    weak: list(
      'doctor, patient, symptom, symptoms, dose, dosage, disease, treatment, tumor, surgery, blood pressure, diabetes, fever, pain, physician, Arzt, Ärztin, Symptome, Krankheit, Behandlung, Blutdruck, Fieber, Schmerzen, médecin, symptômes, maladie, traitement, fièvre, douleur, médico, síntomas, enfermedad, tratamiento, fiebre, dolor',
    ),
  },
  LEGAL: {
    strong: list(
      'plaintiff, defendant, lawsuit, attorney, indictment, statute of limitations, legal advice, Kläger, Beklagte, Rechtsanwalt, Klageschrift, Rechtsberatung, plaignant, avocat, conseil juridique, demandante, demandado, abogado, asesoramiento jurídico',
    ),
    weak: list(
      'court, judge, lawyer, liability, sue, contract, clause, jurisdiction, damages, verdict, Gericht, Richter, Klage, Haftung, Vertrag, Urteil, tribunal, juge, procès, contrat, responsabilité, juez, demanda, contrato, responsabilidad, sentencia',
    ),
  },
  FINANCE: {
    strong: list(
      'stock tip, investment advice, buy shares, short selling, portfolio allocation, cryptocurrency, bitcoin, Anlageberatung, Aktien kaufen, Kryptowährung, conseil en investissement, acheter des actions, cryptomonnaie, asesoramiento financiero, comprar acciones, criptomoneda',
    ),
    weak: list(
      'stock, stocks, shares, invest, investment, dividend, bond, bonds, ETF, broker, interest rate, mortgage, hedge fund, Aktie, Aktien, Dividende, Anleihe, Zinsen, Kredit, Depot, actions, obligations, dividende, courtier, acciones, bonos, dividendo, hipoteca, inversión',
    ),
  },
  POLITICS: {
    strong: list(
      'presidential election, election campaign, prime minister, vote for, political party, Wahlkampf, Bundestagswahl, Bundeskanzler, Bundeskanzlerin, Partei wählen, élection présidentielle, premier ministre, parti politique, elecciones, primer ministro, partido político',
    ),
    weak: list(
      'election, elections, senator, president, parliament, congress, voter, voters, candidate, republican, democrat, democrats, republicans, government, Wahl, Partei, Regierung, Parlament, Abgeordnete, Kandidat, élection, gouvernement, parlement, député, candidat, gobierno, parlamento, candidato, votantes, senador',
    ),
  },
  RELIGION: {
    strong: list(
      'Jesus Christ, Quran, Koran, Torah, Bible verse, holy scripture, Jesus Christus, Bibelvers, Jésus-Christ, verset biblique, Jesucristo, versículo',
    ),
    weak: list(
      'god, church, mosque, synagogue, prayer, pray, faith, bible, sin, heaven, priest, imam, rabbi, Gott, Kirche, Moschee, Gebet, Glaube, Bibel, Sünde, dieu, église, mosquée, prière, péché, dios, iglesia, mezquita, oración, pecado',
    ),
  },
  GAMBLING: {
    strong: list(
      'online casino, sports betting, betting odds, slot machine, roulette, blackjack, Sportwetten, Spielautomat, Wettquoten, paris sportifs, machine à sous, apuestas deportivas, tragaperras',
    ),
    weak: list(
      'casino, bet, bets, betting, gamble, gambling, poker, jackpot, wager, bookmaker, Wette, Wetten, Glücksspiel, Lotto, pari, paris, parier, loterie, apuesta, apuestas, apostar, lotería',
    ),
  },
  WEAPONS: {
    certain: list(
      'pipe bomb, assault rifle, nerve agent, ghost gun, Rohrbombe, Sturmgewehr, Nervengas, bombe artisanale, fusil d’assaut, bomba casera, fusil de asalto',
    ),
    strong: list(
      'ammunition, grenade, Munition, munitions, munición, explosive device, detonator, silencer, Sprengsatz, Zünder, détonateur, detonador',
    ),
    weak: list(
      'gun, guns, rifle, pistol, bomb, explosive, explosives, weapon, weapons, bullet, Waffe, Waffen, Pistole, Gewehr, Bombe, Sprengstoff, arme, armes, pistolet, explosif, arma, armas, pistola, explosivo',
    ),
  },
  DRUGS: {
    certain: list('methamphetamine, crystal meth, Methamphetamin, méthamphétamine, metanfetamina'),
    strong: list('cocaine, heroin, fentanyl, MDMA, LSD, Kokain, Heroin, cocaïne, héroïne, cocaína, heroína'),
    weak: list(
      'drug dealer, cannabis, marijuana, weed, ecstasy, opioid, overdose, joint, Drogen, Dealer, Überdosis, drogue, drogues, surdose, droga, drogas, sobredosis, marihuana',
    ),
  },
  SEX: {
    strong: list(
      'porn, pornography, blowjob, handjob, erotica, hardcore sex, Pornografie, Porno, erotische Geschichte, pornographie, histoire érotique, pornografía, relato erótico',
    ),
    weak: list(
      'sex, sexual, nude, naked, orgasm, erotic, penis, vagina, masturbate, fetish, nackt, Orgasmus, erotisch, nue, orgasme, érotique, desnuda, desnudo, orgasmo, erótico',
    ),
  },
  SELF_HARM: {
    certain: list(
      'kill myself, end my life, commit suicide, suicide method, want to die, mich umbringen, mir das Leben nehmen, Selbstmord begehen, me suicider, mettre fin à mes jours, envie de mourir, quitarme la vida, quiero morir, suicidarme',
    ),
    strong: list(
      'suicide, suicidal, Suizid, Selbstmord, suicidaire, suicidio, cut myself, hurt myself, nicht mehr leben, matarme',
    ),
    weak: list(
      'self-harm, overdose, hopeless, worthless, razor blade, noose, Selbstverletzung, hoffnungslos, automutilation, désespoir, autolesión, desesperanza',
    ),
  },
};
