#!/usr/bin/perl
# smsc.pl: an SMSC for the system tests, on Net::SMPP (libnet-smpp-perl), which
# shares no line with ours. One transceiver at a time, on loopback.
#
#   smsc.pl DIR [--port N] [--slow MS] [--throttle N] [--drop N] [--garbage N]
#           [--reject N] [--receipt DELIVRD|UNDELIV|..|none] [--hex-ids]
#           [--system-id ID --password PW]
#
# DIR/port            the port, when it listens
# DIR/in/NNNNNN-+NUMBER.txt   each text received, whole, as UTF-8
# DIR/log             one word a line of what happened: bind, submit, ...
# DIR/control/X.deliver  to be delivered to tacetd: three lines or more: from,
#                     to, text. Answered by DIR/control/X.status: the status as
#                     a number. Tried again each second while it is 100
#                     (ESME_RX_T_APPN), as an SMSC does.
# DIR/control/mode    lines as on the command line, "throttle 3": read at once
#
# --throttle, --drop, --garbage, --reject N: the next N submit_sm are refused as
# too many, answered by a closed link, by garbage, by a permanent error.
use strict;
use warnings;
use Encode qw(decode encode);
use Getopt::Long;
use IO::Select;
use Net::SMPP;
use Time::HiRes qw(sleep time);

use constant {
	ROK        => 0x00,
	RTHROTTLED => 0x58,
	RINVDSTADR => 0x0b,
	RBINDFAIL  => 0x0d,
	RX_T_APPN  => 0x64,
	PART_UCS2  => 67,
};

my %opt = (port => 0, slow => 0, throttle => 0, drop => 0, garbage => 0,
	reject => 0, receipt => 'DELIVRD');
GetOptions(\%opt, qw(port=i slow=i throttle=i drop=i garbage=i reject=i
	receipt=s hex-ids system-id=s password=s)) or exit 2;
my $dir = shift // exit 2;
mkdir "$dir/$_" for qw(in control);
$SIG{PIPE} = 'IGNORE';
# what Net::SMPP says of a closed link is no news here
local $SIG{__WARN__} = sub { };

my $received = 0;      # texts
my $message_id = 255;  # of the last message
my (%parts, @receipts, %delivering, @deliveries);

# GSM 03.38, the default table; the escape and what follows it by hand.
my @gsm = split //, decode('UTF-8', "\@\xc2\xa3\$\xc2\xa5\xc3\xa8\xc3\xa9"
	. "\xc3\xb9\xc3\xac\xc3\xb2\xc3\x87\n\xc3\x98\xc3\xb8\r\xc3\x85\xc3\xa5"
	. "\xce\x94_\xce\xa6\xce\x93\xce\x9b\xce\xa9\xce\xa0\xce\xa8\xce\xa3"
	. "\xce\x98\xce\x9e\e\xc3\x86\xc3\xa6\xc3\x9f\xc3\x89 !\"#\xc2\xa4%&'()"
	. "*+,-./0123456789:;<=>?\xc2\xa1ABCDEFGHIJKLMNOPQRSTUVWXYZ\xc3\x84"
	. "\xc3\x96\xc3\x91\xc3\x9c\xc2\xa7\xc2\xbfabcdefghijklmnopqrstuvwxyz"
	. "\xc3\xa4\xc3\xb6\xc3\xb1\xc3\xbc\xc3\xa0");
my %gsm_extension = (0x14 => '^', 0x28 => '{', 0x29 => '}', 0x2f => '\\',
	0x3c => '[', 0x3d => '~', 0x3e => ']', 0x40 => '|',
	0x65 => chr 0x20ac);

sub text_of {
	my ($coding, $octets) = @_;
	return decode('UTF-16BE', $octets) if $coding == 8;
	my ($text, $escaped) = ('', 0);
	for my $o (unpack 'C*', $octets) {
		if ($o == 0x1b && !$escaped) { $escaped = 1; next }
		$text .= $escaped ? $gsm_extension{$o} // '?' : $gsm[$o] // '?';
		$escaped = 0;
	}
	return $text;
}

sub file_put {
	my ($name, $octets) = @_;
	open my $f, '>', "$name.new" or die "smsc.pl: cannot write\n";
	binmode $f;
	print {$f} $octets;
	close $f;
	rename "$name.new", $name;
}

sub note {
	open my $f, '>>', "$dir/log" or return;
	print {$f} "@_\n";
	close $f;
}

sub text_put {
	my ($to, $text) = @_;
	file_put(sprintf('%s/in/%06d-+%s.txt', $dir, ++$received, $to),
		encode('UTF-8', $text));
}

# One submit_sm that is taken: alone, or a part of a text.
sub keep {
	my ($pdu) = @_;
	my $octets = $pdu->{short_message};
	my $to = $pdu->{destination_addr};
	if (!($pdu->{esm_class} & 0x40)) {
		text_put($to, text_of($pdu->{data_coding}, $octets));
		return;
	}
	my ($udhl, $ie, $n, $ref, $total, $seq) = unpack 'C6', $octets;
	my $key = "$to $ref $total";
	$parts{$key}[$seq - 1] = text_of($pdu->{data_coding},
		substr $octets, 1 + $udhl);
	return if grep { !defined $parts{$key}[$_] } 0 .. $total - 1;
	text_put($to, join '', @{ delete $parts{$key} });
}

sub on_submit {
	my ($link, $pdu) = @_;
	note('submit');
	sleep $opt{slow} / 1000 if $opt{slow};
	for my $how (qw(drop garbage throttle reject)) {
		next unless $opt{$how} > 0;
		$opt{$how}--;
		note($how);
		return 0 if $how eq 'drop';
		if ($how eq 'garbage') {
			$link->syswrite("HTTP/1.1 400 Bad Request\r\n\r\n");
			return 1;
		}
		$link->submit_sm_resp(seq => $pdu->{seq}, message_id => '',
			status => $how eq 'throttle' ? RTHROTTLED : RINVDSTADR);
		return 1;
	}
	keep($pdu);
	my $id = sprintf $opt{'hex-ids'} ? '%X' : '%d', ++$message_id;
	$link->submit_sm_resp(seq => $pdu->{seq}, message_id => $id);
	push @receipts, [ $pdu->{source_addr}, $pdu->{destination_addr},
		$message_id ] if $pdu->{registered_delivery} & 1
		&& $opt{receipt} ne 'none';
	return 1;
}

sub receipts_send {
	my ($link) = @_;
	for my $r (splice @receipts) {
		my ($from, $to, $id) = @$r;
		$link->deliver_sm(async => 1, source_addr_ton => 1,
			source_addr_npi => 1, source_addr => $to,
			destination_addr => $from, esm_class => 4,
			short_message => "id:$id sub:001 dlvrd:001 submit date:"
			. '2611241000 done date:2611241001 '
			. "stat:$opt{receipt} err:000 text:");
		note('receipt');
	}
}

# A text for tacetd, in parts where it needs them; its last answer counts.
sub deliver {
	my ($link, $d) = @_;
	my $text = decode('UTF-8', $d->{text});
	my @pieces = length $text <= 70 ? $text
		: $text =~ /(.{1,${\PART_UCS2}})/sg;
	$d->{open} = @pieces;
	$d->{status} = 0;
	$d->{ref} //= $message_id++ & 0xff;
	for my $i (0 .. $#pieces) {
		my $octets = encode('UTF-16BE', $pieces[$i]);
		$octets = pack('C6', 5, 0, 3, $d->{ref}, scalar @pieces, $i + 1)
			. $octets if @pieces > 1;
		my $seq = $link->deliver_sm(async => 1, source_addr_ton => 1,
			source_addr_npi => 1, source_addr => $d->{from},
			dest_addr_ton => 1, dest_addr_npi => 1,
			destination_addr => $d->{to}, data_coding => 8,
			esm_class => @pieces > 1 ? 0x40 : 0,
			short_message => $octets);
		$delivering{$seq} = $d;
	}
	note('deliver');
}

sub on_deliver_resp {
	my ($pdu) = @_;
	my $d = delete $delivering{ $pdu->{seq} } // return;
	$d->{status} = $pdu->{status} if $pdu->{status};
	return if --$d->{open} > 0;
	file_put("$d->{file}.status", "$d->{status}\n");
	if ($d->{status} == RX_T_APPN) {
		$d->{at} = time + 1;
		push @deliveries, $d;
	}
}

sub control_read {
	if (open my $f, '<', "$dir/control/mode") {
		while (<$f>) {
			$opt{$1} = $2 if /^([a-z-]+) (\S+)$/;
		}
		close $f;
		unlink "$dir/control/mode";
	}
	for my $name (glob "$dir/control/*.deliver") {
		open my $f, '<', $name or next;
		chomp(my $from = <$f> // '');
		chomp(my $to = <$f> // '');
		my $text = do { local $/; <$f> } // '';
		close $f;
		unlink $name;
		chomp $text;
		s/^\+// for $from, $to;
		push @deliveries, { file => $name =~ s/\.deliver$//r,
			from => $from, to => $to, text => $text, at => 0 };
	}
}

sub deliveries_send {
	my ($link) = @_;
	my @due = grep { $_->{at} <= time } @deliveries;
	@deliveries = grep { $_->{at} > time } @deliveries;
	deliver($link, $_) for @due;
}

sub on_bind {
	my ($link, $pdu) = @_;
	my $ok = ($opt{'system-id'} // $pdu->{system_id}) eq $pdu->{system_id}
		&& ($opt{password} // $pdu->{password}) eq $pdu->{password};
	note($ok ? 'bind' : 'bind-refused');
	$link->bind_transceiver_resp(seq => $pdu->{seq}, system_id => 'smsc',
		status => $ok ? ROK : RBINDFAIL);
	return $ok;
}

# False: the link is over.
sub on_pdu {
	my ($link, $pdu, $bound) = @_;
	my $cmd = $pdu->{cmd};
	if ($cmd == Net::SMPP::CMD_bind_transceiver) {
		return $$bound = on_bind($link, $pdu);
	} elsif ($cmd == Net::SMPP::CMD_submit_sm) {
		return $$bound && on_submit($link, $pdu);
	} elsif ($cmd == Net::SMPP::CMD_enquire_link) {
		note('enquire');
		$link->enquire_link_resp(seq => $pdu->{seq});
	} elsif ($cmd == (Net::SMPP::CMD_deliver_sm | 0x80000000)) {
		on_deliver_resp($pdu);
	} elsif ($cmd == Net::SMPP::CMD_unbind) {
		note('unbind');
		$link->unbind_resp(seq => $pdu->{seq});
		return 0;
	}
	return 1;
}

sub serve {
	my ($link) = @_;
	my $ready = IO::Select->new($link);
	my $bound = 0;
	while (1) {
		if ($ready->can_read(0.05)) {
			$! = 0; # Net::SMPP looks at what was there before
			my $pdu = eval { $link->read_pdu } or last;
			on_pdu($link, $pdu, \$bound) or last;
		}
		next unless $bound;
		control_read();
		receipts_send($link);
		deliveries_send($link);
	}
	# what was under way is delivered on the next link
	my %once = map { $_->{file} => $_ } values %delivering;
	push @deliveries, map { $_->{at} = 0; $_ } values %once;
	%delivering = ();
	note('closed');
	close $link;
}

my $listener = Net::SMPP->new_listen('127.0.0.1', port => $opt{port},
	smpp_version => 0x34, async => 1, enquire_interval => 0,
	timeout => undef) or die "smsc.pl: cannot listen\n";
file_put("$dir/port", $listener->sockport . "\n");
while (1) {
	my $link = $listener->accept or next;
	serve($link);
}
