import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Full text without an extension: texts are folded to words between single spaces, so that words, phrases and prefixes are substrings
 * of the folded text. Scripts written without spaces (Hangul, Han, kana, Thai…) are found inside words.
 */
const runs = '\\u0e00-\\u0eff\\u1000-\\u109f\\u1100-\\u11ff\\u1780-\\u17ff\\u2e80-\\u2fdf\\u3005-\\u3007\\u3021-\\u302f\\u3031-\\u303c\\u3041-\\u30fa\\u30fc-\\u9fff\\ua960-\\ua97f\\uac00-\\ud7ff\\uf900-\\ufaff\\U00020000-\\U000323af';
/** Everything that parts words: controls, spaces, punctuation, arrows and mathematical signs. */
const gaps = '\\u0001-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u00bf\\u00d7\\u00f7\\u055a-\\u055f\\u0589-\\u058a\\u05be\\u05f3-\\u05f4\\u060c\\u061b\\u061f\\u066a-\\u066d\\u06d4\\u0964-\\u0965\\u1680\\u2000-\\u206f\\u20a0-\\u20cf\\u2190-\\u2bff\\u2e00-\\u2e7f\\u3000-\\u3004\\u3008-\\u3020\\u3030\\u303d-\\u3040\\u30fb\\ufe10-\\ufe6f\\uff00-\\uffef';

export class Search0004 implements MigrationInterface {
  name = 'Search0004000000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Lower case of all scripts, whatever the database's locale: of PostgreSQL's own collations the best there is.
      do $do$ begin
        execute format($f$create function dure.lower(text) returns text language sql immutable strict parallel safe as $g$ select pg_catalog.lower($1 collate %s) $g$ $f$,
          (select 'pg_catalog.' || quote_ident(collname) from pg_collation where collnamespace = 'pg_catalog'::regnamespace and collname in ('pg_c_utf8', 'und-x-icu', 'C')
            order by array_position(array['pg_c_utf8', 'und-x-icu', 'C'], collname::text) limit 1));
      end $do$;

      create function dure.search_fold(value text) returns text language plpgsql immutable strict parallel safe as $f$
      begin
        if octet_length(value) > length(value) then
          value := normalize(regexp_replace(normalize(value, NFKD), '[\\u0300-\\u036f]+', '', 'g'), NFKC);
          value := replace(replace(dure.lower(value), 'ß', 'ss'), 'ς', 'σ');
          if value ~ '[${runs}]' then value := regexp_replace(value, '([${runs}]+)', ' \\1 ', 'g'); end if;
        else
          value := pg_catalog.lower(value);
        end if;
        return ' ' || btrim(regexp_replace(value, '[${gaps}]+', ' ', 'g')) || ' ';
      end $f$;

      -- Of a list: the items' folded texts, parted by what no word holds.
      create function dure.search_fold(value text[]) returns text language sql immutable strict parallel safe as
        $f$ select coalesce(string_agg(dure.search_fold(item), E'\\n' order by n), '') from unnest(value) with ordinality u(item, n) $f$;

      -- Terms as '+text' (must be in), '-text' (must not), with '*' behind where the last word is only begun; folded as they must occur.
      create function dure.search_needles(terms text[]) returns text[] language plpgsql immutable strict parallel safe as $f$
      declare
        term text; needle text; begun boolean; found text[] := '{}';
      begin
        foreach term in array terms loop
          begun := right(term, 1) = '*';
          needle := dure.search_fold(substr(term, 2));
          continue when btrim(needle) = '';
          if begun or needle ~ '[${runs}] $' then needle := rtrim(needle); end if;
          if needle ~ '^ [${runs}]' then needle := ltrim(needle); end if;
          found := found || (left(term, 1) || needle);
        end loop;
        return found;
      end $f$;

      create function dure.search_holds(folded text, needles text[]) returns boolean language plpgsql immutable strict parallel safe as $f$
      declare
        needle text;
      begin
        foreach needle in array needles loop
          if (position(substr(needle, 2) in folded) > 0) <> (left(needle, 1) = '+') then return false; end if;
        end loop;
        return true;
      end $f$;

      -- What an index holds of a folded text: words by their first hundred characters, of scripts without spaces each character with the next.
      -- A text of more than a tsvector can hold is marked by '*', which every query asks for too.
      create function dure.search_lexemes(folded text) returns tsvector language plpgsql immutable strict parallel safe as $f$
      declare
        lexemes text[];
      begin
        if octet_length(folded) > 200000 then return array_to_tsvector(array['*']); end if;
        select coalesce(array_agg(distinct lexeme), '{}') into lexemes from (
          select left(word, 100) from unnest(string_to_array(replace(folded, E'\\n', ' '), ' ')) word where word <> '' and word !~ '^[${runs}]'
          union all
          select letter || coalesce(lead(letter) over (partition by word order by place), '')
            from regexp_matches(folded, '[${runs}]+', 'g') with ordinality m(parts, word), unnest(string_to_array(parts[1], null)) with ordinality u(letter, place)
        ) made(lexeme);
        return array_to_tsvector(lexemes);
      end $f$;
      create function dure.search_vector(value text) returns tsvector language sql immutable strict parallel safe as $f$ select dure.search_lexemes(dure.search_fold(value)) $f$;
      create function dure.search_vector(value text[]) returns tsvector language sql immutable strict parallel safe as $f$ select dure.search_lexemes(dure.search_fold(value)) $f$;

      -- A question that holds for every text in which the wanted needles occur (and for more: search_holds decides). Folded words hold no
      -- quote and no backslash, so they stand between quotes as they are.
      create function dure.search_query(needles text[]) returns tsquery language plpgsql immutable strict parallel safe as $f$
      declare
        needle text; words text[]; letters text[]; parts text[] := '{}';
      begin
        foreach needle in array needles loop
          continue when left(needle, 1) = '-';
          needle := substr(needle, 2);
          words := string_to_array(btrim(needle), ' ');
          for i in 1 .. cardinality(words) loop
            if words[i] ~ '^[${runs}]' then
              letters := string_to_array(words[i], null);
              if cardinality(letters) = 1 then parts := parts || ('''' || words[i] || ''':*'); end if;
              for j in 1 .. cardinality(letters) - 1 loop parts := parts || ('''' || letters[j] || letters[j + 1] || ''''); end loop;
            else
              parts := parts || ('''' || left(words[i], 100) || '''' || case when i = cardinality(words) and right(needle, 1) <> ' ' then ':*' else '' end);
            end if;
          end loop;
        end loop;
        if cardinality(parts) = 0 then return '!''**'''::tsquery; end if;
        return (array_to_string(parts, ' & ') || ' | ''*''')::tsquery;
      end $f$;
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations only go forward: restore a backup instead.');
  }
}
