#!/usr/bin/env bash
# A client has what every machine has, and nothing of its own.
source ./lib.sh

refuse_lockout
finish
