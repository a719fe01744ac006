#!/bin/sh
# In the application repository, for the CI that builds the pull requests of a Data
# Center, which has no pipelines of its own:
#
#   sh preview.sh NUMBER [TARGET]
#
# with the head commit of the pull request NUMBER checked out, not its merge, and after
# a docker login. It builds the image, and pushes it under the request's name and under
# that of the commit, for which the pods wait. TARGET is the branch that the pull request
# goes to, such as origin/main: it is compared with that where it has to touch some paths.
set -eu
IMAGE="registry.example.com/api:pr-${1:?give the number of the pull request}" # TO CHANGE
COMMIT="$(git rev-parse HEAD)"
docker build -t "$IMAGE" -t "$IMAGE-$COMMIT" .
docker push "$IMAGE-$COMMIT" && docker push "$IMAGE"
