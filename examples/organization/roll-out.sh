#!/usr/bin/env bash
# Set up reviewbot in many repositories with GitHub's CLI. Every command can be repeated.
#
#   roll-out.sh environments < repositories   creates each environment, and stores codevf-key and app-key.pem in it
#   roll-out.sh callers < repositories        adds or updates the workflows of caller.yml and threads.yml
#   roll-out.sh doctor < repositories         checks each repository
#   roll-out.sh remove < repositories         removes both workflows
#
# A line of the input is OWNER/NAME BRANCH. If a branch accepts no pushes, `callers` and `remove` open a pull request.
# The output is the lines that failed: roll-out.sh callers < repositories > failed
set -o pipefail

# environments OWNER/NAME BRANCH: create the environment `reviewbot` for the branch, with both keys.
environments() {
  local environment="repos/$1/environments/reviewbot"
  local policies="$environment/deployment-branch-policies"
  gh api --silent --method PUT "$environment" \
    -F 'deployment_branch_policy[protected_branches]=false' \
    -F 'deployment_branch_policy[custom_branch_policies]=true' || return
  gh api "$policies" --jq '.branch_policies[].name' | grep -Fqx -e "$2" ||
    gh api --silent --method POST "$policies" -f name="$2" || return
  gh secret set CODEVF_API_KEY --repo "$1" --env reviewbot < codevf-key &&
    gh secret set REVIEWBOT_PRIVATE_KEY --repo "$1" --env reviewbot < app-key.pem
}

# change METHOD OWNER/NAME BRANCH: commit to the branch, or open a pull request from the branch `reviewbot`.
change() {
  local open head
  commit "$1" "$2" "$3"
  case $? in
    0) return 0 ;;
    3) ;; # refused
    *) return 1 ;;
  esac
  # Forks may have a branch with the same name.
  open=$(gh pr list --repo "$2" --head reviewbot --json url,isCrossRepository \
    --jq '.[] | select(.isCrossRepository | not) | .url') || return
  if [ -z "$open" ]; then
    head=$(gh api "repos/$2/git/ref/heads/$3" --jq .object.sha) || return
    gh api --silent --method PATCH "repos/$2/git/refs/heads/reviewbot" -f sha="$head" -F force=true 2> /dev/null ||
      gh api --silent --method POST "repos/$2/git/refs" -f ref=refs/heads/reviewbot -f sha="$head" || return
  fi
  commit "$1" "$2" reviewbot || return
  [ -n "$open" ] || gh pr create --repo "$2" --base "$3" --head reviewbot --title 'Set up reviews' --body ''
}

# commit METHOD OWNER/NAME BRANCH: write or delete both workflows.
commit() {
  write "$@" caller.yml reviews.yml && write "$@" threads.yml reviewbot-threads.yml
}

# write METHOD OWNER/NAME BRANCH FILE WORKFLOW: write or delete the workflow, if it differs from the file.
# Returns 3 if GitHub refuses the commit.
write() {
  local place="repos/$2/contents/.github/workflows/$5" content=() old
  if ! old=$(gh api --method GET "$place" -f ref="$3" --jq .sha 2>&1); then
    case $old in
      *'(HTTP 404)'*) old= ;;
      *) echo "$old" && return 1 ;;
    esac
  fi
  if [ "$1" = PUT ]; then
    [ "$old" = "$(git hash-object --no-filters "$4")" ] && return
    content=(-f content="$(base64 < "$4" | tr -d '\n')")
  elif [ -z "$old" ]; then
    return 0
  fi
  gh api --silent --method "$1" "$place" -f message='Set up reviews' -f branch="$3" \
    "${content[@]}" ${old:+-f sha="$old"} || return 3
}

command=${1-}
run() {
  case $command in
    environments) environments "$@" ;;
    callers) change PUT "$@" ;;
    doctor) GITHUB_TOKEN=$(gh auth token) CODEVF_API_KEY=$(cat codevf-key) reviewbot doctor --repo "$1" ;;
    remove) change DELETE "$@" ;;
  esac
}

stop() {
  echo "$1" >&2
  exit 2
}

case $command in
  environments) [ -s codevf-key ] && [ -s app-key.pem ] || stop 'Save the keys as codevf-key and app-key.pem first.' ;;
  callers)
    [ -s caller.yml ] && [ -s threads.yml ] || stop 'Copy caller.yml and threads.yml to this folder first.'
    ! grep -En 'YOUR-ORG|@COMMIT' caller.yml || stop 'Replace YOUR-ORG and COMMIT in caller.yml first.'
    ;;
  doctor | remove) ;;
  *) stop "Usage: $0 environments|callers|doctor|remove < repositories" ;;
esac
status=0
while read -r repository branch || [ -n "$repository" ]; do
  echo "$repository" >&2
  if ! run "$repository" "$branch" < /dev/null >&2; then
    echo "$repository $branch"
    status=1
  fi
done
exit $status
