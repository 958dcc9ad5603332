/** The tabs that a first visit opens. */
export const examples = [
  {
    query: `# What is here, and what may I read? (Ctrl-Enter runs it.)
query Datasets {
  datasets(first: 20) {
    totalCount
    nodes {
      name
      title
      organization { slug title }
      license { name path }
      latestVersion { name createdAt }
      tables { name rows columns { field kind unit } }
    }
  }
}
`,
  },
  {
    query: `# A job, live: put its id (from publishDataset, or \`dure jobs\`) in the variables and run.
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
