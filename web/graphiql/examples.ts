/** The tabs that a first visit opens. They ask the sample datasets, and what every server has. */
import { fiveDatabases } from '../../demo/fiveDatabases.js';
export const examples = [
  {
    query: `# Cuprates that liquid nitrogen cools. (Ctrl-Enter)
query Superconductors {
  hanbit {
    superconductivity {
      _about { title license { name } }
      materials(where: { tc: { gt: 77 }, family: { in: ["cuprate"] } }, orderBy: [{ tc: DESC }], first: 5) {
        totalCount
        nodes {
          formula
          tc
          family
          measurements(first: 3) { nodes { method pressure } }
        }
      }
    }
  }
}
`,
  },
  {
    query: `# What is here, and what may I read?
query Datasets {
  datasets(first: 20) {
    totalCount
    nodes {
      path
      title
      access { readable reason howToAsk }
      currentVersion { version createdAt }
      tables { name title columns { field type unit } }
    }
  }
}
`,
  },
  { query: fiveDatabases },
  {
    query: `# A job, live: put its id (from publishDataset, or \`dure jobs\`) in the variables, your token above, and run.
subscription Watch($job: ID!) {
  jobEvents(jobId: $job, after: 0) {
    seq
    at
    state
    phase
    done
    total
    unit
    message
  }
}
`,
    variables: JSON.stringify({ job: '' }, null, 2),
  },
];
