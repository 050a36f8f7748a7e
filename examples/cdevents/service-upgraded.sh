#!/bin/sh
# Reports to Firstlight that a version of a service serves traffic, as a CDEvent in a CloudEvent.
#
#   FIRSTLIGHT_URL=https://firstlight.example.com FIRSTLIGHT_TOKEN=… \
#     sh service-upgraded.sh SERVICE ENVIRONMENT ARTIFACT [PERCENT]
#
# ARTIFACT is a package URL, such as pkg:oci/checkout@sha256%3A…. PERCENT is the share of traffic, 100 by default.
# ROLLOUT names the attempt: it is the same for all steps of one rollout. Set it to the id of your deployment job.
set -eu

if [ $# -lt 3 ]; then
  echo 'usage: service-upgraded.sh SERVICE ENVIRONMENT ARTIFACT [PERCENT]' >&2
  exit 2
fi

now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
id="${ROLLOUT:-manual}-$now-$$"
# The body is made once, before curl starts, so each retry sends the same event
body=$(cat <<JSON
{
  "specversion": "1.0",
  "id": "$id",
  "source": "/deployments/$1",
  "type": "dev.cdevents.service.upgraded.0.3.0",
  "data": {
    "context": {
      "specversion": "0.5.1",
      "id": "$id",
      "source": "/deployments/$1",
      "type": "dev.cdevents.service.upgraded.0.3.0",
      "timestamp": "$now"
    },
    "subject": {
      "id": "$1",
      "content": { "environment": { "id": "$2" }, "artifactId": "$3" }
    },
    "customData": { "weight": ${4:-100}, "rollout": "${ROLLOUT:-$id}" },
    "customDataContentType": "application/json"
  }
}
JSON
)

curl --fail-with-body --silent --show-error --retry 5 --retry-all-errors --max-time 10 \
  --header "Authorization: Bearer ${FIRSTLIGHT_TOKEN:-}" \
  --header 'Content-Type: application/cloudevents+json' \
  --data "$body" \
  "${FIRSTLIGHT_URL:-http://127.0.0.1:8080}/v1/events"
