import type { BundleHead } from './contents.js';

/** What the files are and how to check them, in Korean and English. */
export function bundleReadme({ dataset, period, madeAt, madeBy, keyId, counts }: BundleHead): string {
  return `# 감사 자료 · Auditor's bundle: ${dataset.path}

${period.from} – ${period.to} · ${madeAt} · ${madeBy}

## 한국어

이 폴더에는 데이터셋 ${dataset.path}(${dataset.organization})의 위 기간 접속기록과 그 증명이 들어 있습니다.

| 파일 | 내용 |
|---|---|
| index.html | 사람이 읽는 화면 |
| rules.json | 기간 중 시행된 접근 규칙의 모든 개정본 (${counts.ruleRevisions}건) |
| accesses.json | 접근 기록 (${counts.accesses}건, 그중 거부 ${counts.refused}건): 누가, 언제, 어디서, 어떤 목적으로, 어떤 열을, 몇 행을, 허용 또는 거부와 그 사유 |
| grants.json | 접근 신청과 승인·거절·철회·만료 (${counts.grants}건) |
| requests.json | 기간 중 열려 있던 접근 신청과 유효했던 승인 전부, 그 경과 (${counts.requests}건) |
| events.json | 규칙 변경, 내보내기, 감사기록 열람 등 그 밖의 사건 (${counts.events}건) |
| documents.json | 질의문 원문 (기록에는 해시만 있습니다). 이 기관의 데이터셋과 공개된 데이터셋만 언급한 질의문만 싣고, 나머지는 해시와 사유만 싣습니다 |
| proof/ | 해시 사슬 (${counts.proofEntries}건), 월별 봉인, 공개키 |
| manifest.json | 모든 파일의 SHA-256과 서명 |

검증: \`dure audit verify --bundle 이_폴더 --key ${keyId}\`
서버나 네트워크 없이 검증됩니다. 서명 키가 이 기관의 것인지는 다른 경로로 확인하십시오.
각 기록의 해시는 앞 기록의 해시를 포함하므로, 하나라도 빠지거나 바뀌면 드러납니다. 다른 데이터셋의 기록은 해시로만 표시됩니다. 해시로만 표시된 기록의 내용은 사슬과 번호를 지정하여 기관에 요구할 수 있습니다.

## English

This folder holds the access log of the dataset ${dataset.path} (${dataset.organization}) in that period, with its proof.

| file | what |
|---|---|
| index.html | for people |
| rules.json | every revision of the access rules that was in force (${counts.ruleRevisions}) |
| accesses.json | accesses (${counts.accesses}, of which ${counts.refused} were refused): who, when, from where, for what purpose, which columns, how many rows, allowed or refused and why |
| grants.json | access requests, approvals, rejections, revocations and expiries (${counts.grants}) |
| requests.json | every access request that was open and every grant that was in force in that time, with its history (${counts.requests}) |
| events.json | other events: changes of rules, exports, readings of the audit (${counts.events}) |
| documents.json | the texts of the operations (entries hold their hashes); of one that names more than this owner's datasets and those that everybody knows of, the hash and a sentence |
| proof/ | the hash chains (${counts.proofEntries} entries), monthly seals, public keys |
| manifest.json | SHA-256 of every file, signed |

Verify: \`dure audit verify --bundle THIS_FOLDER --key ${keyId}\`
That needs no server and no network. Find out by another way that the key is the site's.
Each entry's hash covers the hash of the one before, so an entry that is missing or changed shows. Entries of other datasets stand as digests; what one of them says can be demanded of the site by chain and number.
The beginning and the end of each run are proved by signatures and seals. That nothing was cut off after the last signature is proved only by an anchor that was kept elsewhere.
`;
}
