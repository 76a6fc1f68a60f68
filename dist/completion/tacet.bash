# shellcheck shell=bash disable=SC2207
# Completion of the commands for bash; installed as share/bash-completion/
# completions/{tacet,tacetctl,tacet-custodian,tacet-verify,tacet-witness,tacet-relay,
# tacetd}.

_tacet_words() { # _tacet_words WORD... : offers the words that fit
	COMPREPLY=($(compgen -W "$*" -- "${COMP_WORDS[COMP_CWORD]}"))
}

# The first word after the command that is no option and no option's value.
_tacet_verb() {
	local i w
	for ((i = 1; i < COMP_CWORD; i++)); do
		w=${COMP_WORDS[i]}
		case $w in
		--home | --server | --ca | --trust | --relay | --relay-ca | --data | --passphrase-file) i=$((i + 1)) ;;
		-*) ;;
		*)
			echo "$w"
			return
			;;
		esac
	done
}

_tacet() {
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--home | --ca | --trust | --relay-ca | --code-file)
		COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
		return
		;;
	--cause)
		_tacet_words typed before-send after-receipt refresh contact-sync
		return
		;;
	esac
	case $(_tacet_verb) in
	'') _tacet_words register lookup contacts send receive devices safety \
		file watch --home --server --ca --trust --relay --json --help --version ;;
	register) _tacet_words --code-file ;;
	lookup) _tacet_words --fresh --classic --cause ;;
	contacts) _tacet_words add list remove sync ;;
	send) _tacet_words --sms --lines ;;
	receive) _tacet_words --follow --timeout ;;
	devices) _tacet_words list link accept ;;
	esac
}

_tacetctl() {
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--data | --key | --document | --signature | --shares | --sign-key | \
		--passphrase-file | -o)
		COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
		return
		;;
	--regime)
		_tacet_words us-subpoena us-2703d us-warrant us-prtt us-2702 \
			us-2703f eu-epoc eu-epoc-pr
		return
		;;
	--direction)
		_tacet_words source lookup both
		return
		;;
	--class)
		_tacet_words SUBSCRIBER IDENT TRAFFIC_QUERY CONTENT
		return
		;;
	--issuer-type)
		_tacet_words court state-court prosecutor agency
		return
		;;
	--format)
		_tacet_words text json html
		return
		;;
	esac
	case $(_tacet_verb) in
	'') _tacet_words status metrics backup user policy log custodians agency \
		reviewer order report --data --json --help --version ;;
	user | policy) _tacet_words show ;;
	log) _tacet_words verify ;;
	agency) _tacet_words add list --name --country --key --callback ;;
	custodians)
		COMPREPLY=($(compgen -f -W 'show set-up --threshold' -- \
			"${COMP_WORDS[COMP_CWORD]}"))
		;;
	reviewer) _tacet_words key add list --key --passphrase-file ;;
	report) _tacet_words --from --to --format ;;
	order) _tacet_words new import check list show decide confirm commit \
		request preserve package extend deliver notice close withdraw \
		over-disclosed tick --shares --day --recipient \
		accept narrow refuse not_held --regime --agency --handle --from \
		--to --direction --class --authority --issuer-type \
		--issuer-country --area --officer --certification --emergency \
		--parent --ref --offence --document --signature --seal-until \
		--as --why --sign-key --called-back --rows \
		--passphrase-file -o ;;
	esac
}

_tacet_custodian() {
	case $(_tacet_verb) in
	'') _tacet_words init round1 round2 finish show trust review release attend \
		forget --home --passphrase-file --json --help --version ;;
	forget) _tacet_words former ceremony ;;
	*)
		COMPREPLY=($(compgen -f -W '--threshold --reshare -o' -- \
			"${COMP_WORDS[COMP_CWORD]}"))
		;;
	esac
}

_tacet_verify() {
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--trust | --log | --ca)
		COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
		return
		;;
	esac
	COMPREPLY=($(compgen -f -W \
		'report audit --trust --log --from --to --server --ca --json --help --version' -- \
		"${COMP_WORDS[COMP_CWORD]}"))
}

_tacet_witness() {
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--config)
		COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
		return
		;;
	esac
	_tacet_words init --config --help --version
}

_tacet_relay() {
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--config)
		COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
		return
		;;
	esac
	_tacet_words --config --help --version
}

_tacetd() {
	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--data | --config)
		COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
		return
		;;
	esac
	_tacet_words --data --config --listen --demo --help --version
}

complete -F _tacet tacet
complete -F _tacetctl tacetctl
complete -F _tacet_custodian tacet-custodian
complete -F _tacet_verify tacet-verify
complete -F _tacet_witness tacet-witness
complete -F _tacet_relay tacet-relay
complete -F _tacetd tacetd
