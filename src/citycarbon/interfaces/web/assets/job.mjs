/* Follows a job by server-sent events and loads the page again when it has ended. */
const given = JSON.parse(document.getElementById("job-data").textContent);
if (!["done", "failed", "cancelled"].includes(given.state)) {
  const source = new EventSource(given.events);
  source.addEventListener("progress", (event) => {
    const job = JSON.parse(event.data);
    document.getElementById("job-stage").textContent = job.stage;
    document.getElementById("job-part").value = job.part;
    if (["done", "failed", "cancelled"].includes(job.state)) { source.close(); location.reload(); }
  });
}
