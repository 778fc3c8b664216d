// The browser comes from the machine or from an npm package (see src/report-requests/rendering),
// never from a download at install time.
module.exports = { skipDownload: true };
