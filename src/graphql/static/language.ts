export type Language = 'ko' | 'en';

/** Settings of the argument `language` wherever a text exists in both languages. */
export const languageArgument = { nullable: true, description: 'The language to answer in; that of the request (`accept-language`) where absent.' } as const;

/** The Korean text where it is asked for and exists, else the other. */
export function inLanguage<T extends string | undefined>(language: Language, text: T, korean: string | undefined): T | string {
  return language === 'ko' && korean !== undefined ? korean : text;
}
