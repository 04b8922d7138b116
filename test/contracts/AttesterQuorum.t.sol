// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnvironmentRegistry} from "../../contracts/EnvironmentRegistry.sol";
import {IAttesterQuorum, NamedAttester} from "../../contracts/interfaces/IAttesterQuorum.sol";
import {EnvironmentRegistration} from "../../contracts/interfaces/IEnvironmentRegistry.sol";
import {EnvironmentId} from "../../contracts/types/Ids.sol";
import {AttesterQuorum} from "../../contracts/verifiers/AttesterQuorum.sol";
import {StatementTestBase} from "./support/StatementTestBase.sol";

/// @notice See AttesterQuorum.tree. Attesters with code: AttesterCode.t.sol.
contract AttesterQuorumTest is StatementTestBase {
    EnvironmentRegistry private registry;
    AttesterQuorum private quorum;

    function setUp() external {
        vm.warp(NOW);
        registry = new EnvironmentRegistry();
        quorum = new AttesterQuorum(_keyed(3), 2);
    }

    function test_Construction() external {
        NamedAttester[] memory named = _keyed(32);
        AttesterQuorum largest = new AttesterQuorum(named, 32);
        vm.assertEq(largest.threshold(), 32);
        NamedAttester[] memory read = largest.attesters();
        vm.assertEq(read.length, 32);
        for (uint256 i = 0; i < 32; ++i) {
            vm.assertEq(read[i].account, named[i].account);
            vm.assertEq(read[i].name, named[i].name);
            vm.assertEq(largest.nameOf(named[i].account), named[i].name);
        }
        vm.assertEq(largest.nameOf(address(this)), bytes32(0));
    }

    function test_RevertWhen_ThresholdOrNumberIsOutOfRange() external {
        uint256[3] memory numbers = [uint256(3), 3, 0];
        uint256[3] memory thresholds = [uint256(0), 4, 0];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IAttesterQuorum.AttesterQuorum_InvalidThreshold.selector,
                    thresholds[i],
                    numbers[i]
                )
            );
            new AttesterQuorum(_keyed(numbers[i]), thresholds[i]);
        }
        vm.expectRevert(
            abi.encodeWithSelector(IAttesterQuorum.AttesterQuorum_TooManyAttesters.selector, uint256(33), uint256(32))
        );
        new AttesterQuorum(_keyed(33), 1);
    }

    function test_RevertWhen_AttestersAreNotDistinctAndNamed() external {
        NamedAttester[] memory named = _keyed(3);
        (address first, address second) = (named[0].account, named[1].account);
        named[1].account = first;
        vm.expectRevert(_notAscending(first, first));
        new AttesterQuorum(named, 1);
        (named[0].account, named[1].account) = (second, first);
        vm.expectRevert(_notAscending(second, first));
        new AttesterQuorum(named, 1);
        (named[0].account, named[1].account) = (address(0), second);
        vm.expectRevert(_notAscending(address(0), address(0)));
        new AttesterQuorum(named, 1);
        named[0].account = first;
        named[1].name = 0;
        vm.expectRevert(_invalidName(second, 0));
        new AttesterQuorum(named, 1);
        named[2].name = named[0].name;
        named[1].name = "another";
        vm.expectRevert(_invalidName(named[2].account, named[0].name));
        new AttesterQuorum(named, 1);
        named[2].name = "a third";
        new AttesterQuorum(named, 1);
    }

    function test_AnyMOrMoreOfThem() external view {
        _assertVouches(bytes.concat(_part(0), _part(1)));
        _assertVouches(bytes.concat(_part(0), _part(2)));
        _assertVouches(bytes.concat(_part(1), _part(2)));
        _assertVouches(bytes.concat(_part(0), _part(1), _part(2)));
    }

    function test_RevertWhen_FewerThanM() external {
        bytes[4] memory statements = [bytes(""), _part(0), _part(1), _part(2)];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IAttesterQuorum.AttesterQuorum_ThresholdNotReached.selector,
                    uint256(i == 0 ? 0 : 1),
                    uint256(2)
                )
            );
            quorum.verify(ID, _registration(), statements[i]);
        }
    }

    function test_RevertWhen_OneIsCountedTwice() external {
        _refuses(quorum, bytes.concat(_part(1), _part(1)), _signaturesNotAscending(_account(1), _account(1)));
        // With other bytes too: the deadline is another.
        _refuses(
            quorum,
            bytes.concat(_part(1), _partOf(quorum, 1, ID, FAR, DEADLINE + 1)),
            _signaturesNotAscending(_account(1), _account(1))
        );
        _refuses(quorum, bytes.concat(_part(2), _part(0)), _signaturesNotAscending(_account(2), _account(0)));
        // Nor behind enough of them.
        _refuses(quorum, bytes.concat(_part(0), _part(2), _part(2)), _signaturesNotAscending(_account(2), _account(2)));
    }

    function test_RevertWhen_NoAttesterSigned() external {
        AttesterQuorum other = new AttesterQuorum(_keyed(4), 2);
        for (uint256 i = 0; i < 4; ++i) {
            if (quorum.nameOf(_account(i)) != 0) continue;
            _refuses(
                quorum,
                _partOf(quorum, i, ID, FAR, DEADLINE),
                abi.encodeWithSelector(IAttesterQuorum.AttesterQuorum_NotAnAttester.selector, _account(i))
            );
        }
        bytes memory statement = bytes.concat(
            _partOf(other, 0, ID, FAR, DEADLINE),
            _partOf(other, 3, ID, FAR, DEADLINE)
        );
        vm.assertTrue(other.verify(ID, _registration(), statement), "of whom it has");
    }

    function testFuzz_RevertWhen_AnyByteIsAnother(uint256 position, uint8 mask) external view {
        bytes memory statement = bytes.concat(_part(0), _part(2));
        try quorum.verify(ID, _registration(), flipped(statement, position % statement.length, mask)) {
            vm.assertTrue(false, "vouched");
        } catch (bytes memory reason) {
            vm.assertTrue(_isOfQuorum(bytes4(reason)), "an error of its own");
        }
        _assertVouches(statement);
    }

    function test_RevertWhen_AnyByteIsAnother() external view {
        bytes memory statement = bytes.concat(_part(0), _part(2));
        for (uint256 i = 0; i < statement.length; ++i) {
            try quorum.verify(ID, _registration(), flipped(statement, i, 1)) {
                vm.assertTrue(false, "vouched");
            } catch (bytes memory reason) {
                vm.assertTrue(_isOfQuorum(bytes4(reason)), "an error of its own");
            }
        }
    }

    function test_RevertWhen_ItEndsInsideASignature() external {
        bytes memory whole = bytes.concat(_part(0), _part(2));
        uint256 second = _part(0).length;
        for (uint256 length = 1; length < whole.length; ++length) {
            if (length == second) continue;
            bytes memory cut = new bytes(length);
            for (uint256 i = 0; i < length; ++i) cut[i] = whole[i];
            _refuses(quorum, cut, _malformed(length < second ? 0 : second));
        }
        _refuses(quorum, bytes.concat(whole, hex"00"), _malformed(whole.length));
    }

    function testFuzz_RevertWhen_ItIsNoStatement(bytes calldata anything) external view {
        try quorum.verify(ID, _registration(), anything) {
            vm.assertTrue(false, "vouched");
        } catch (bytes memory reason) {
            vm.assertTrue(_isOfQuorum(bytes4(reason)), "an error of its own");
        }
    }

    function test_RevertWhen_SomethingElseWasSigned() external {
        AttesterQuorum other = new AttesterQuorum(_keyed(3), 2);
        bytes[5] memory parts = [
            _partOf(quorum, 2, EnvironmentId.wrap("another"), FAR, DEADLINE),
            _partOf(quorum, 2, ID, FAR - 1, DEADLINE),
            _partOf(quorum, 2, ID, FAR + 1, DEADLINE),
            _partOf(other, 2, ID, FAR, DEADLINE),
            _packed(2, DEADLINE + 1, _signed(quorum, 2, ID, FAR, DEADLINE))
        ];
        for (uint256 i = 0; i < 5; ++i) {
            _refuses(quorum, bytes.concat(_part(0), parts[i]), _invalidSignature(_account(2)));
        }
        bytes memory statement = bytes.concat(_part(0), _part(2));
        vm.chainId(block.chainid + 1);
        _refuses(quorum, statement, _invalidSignature(_account(0)));
        vm.chainId(block.chainid - 1);
        _assertVouches(statement);
    }

    function test_RevertWhen_AnotherKeyOrAMirroredOneSigned() external {
        bytes32 digest = quorum.statementDigest(ID, FAR, DEADLINE);
        bytes[3] memory signatures = [
            mirrored(_key(2), digest),
            sign(_key(1), digest),
            sign(_key(2), keccak256(abi.encode(digest)))
        ];
        for (uint256 i = 0; i < 3; ++i) {
            _refuses(
                quorum,
                bytes.concat(_part(0), _packed(2, DEADLINE, signatures[i])),
                _invalidSignature(_account(2))
            );
        }
    }

    function testFuzz_RevertWhen_TheDeadlineHasPassed(uint48 late) external {
        late = uint48(bound(late, uint256(DEADLINE) + 1, type(uint48).max));
        bytes memory statement = bytes.concat(_part(0), _part(2));
        vm.warp(DEADLINE);
        _assertVouches(statement);
        vm.warp(late);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAttesterQuorum.AttesterQuorum_DeadlinePassed.selector,
                _account(0),
                DEADLINE,
                uint256(late)
            )
        );
        quorum.verify(ID, _registration(), statement);
    }

    /// @dev The digest, written from EIP-712's text.
    function testFuzz_WhatIsSigned(EnvironmentId id, uint48 validUntil, uint48 deadline) external view {
        bytes32 typeHash = keccak256("EnvironmentStatement(bytes32 environmentId,uint48 validUntil,uint48 deadline)");
        bytes32 expected = digestOf(address(quorum), keccak256(abi.encode(typeHash, id, validUntil, deadline)));
        vm.assertEq(quorum.statementDigest(id, validUntil, deadline), expected);
    }

    function test_RegistersInTheRegistry() external {
        EnvironmentRegistration memory r = _registration();
        r.verifier = quorum;
        EnvironmentId id = registry.environmentIdOf(address(this), r);
        bytes memory first = _partOf(quorum, 0, id, FAR, DEADLINE);
        vm.expectRevert(
            abi.encodeWithSelector(IAttesterQuorum.AttesterQuorum_ThresholdNotReached.selector, uint256(1), uint256(2))
        );
        registry.register(r, "", first);
        vm.assertEq(registry.environmentOf(id).registeredAt, 0);

        bytes memory statement = bytes.concat(first, _partOf(quorum, 1, id, FAR, DEADLINE));
        // Another registrant's environment is another one; so is another end.
        vm.prank(address(0xB0B));
        vm.expectRevert(_invalidSignature(_account(0)));
        registry.register(r, "", statement);
        r.validUntil = FAR + 1;
        vm.expectRevert(_invalidSignature(_account(0)));
        registry.register(r, "", statement);
        r.validUntil = FAR;
        registry.register(r, "", statement);
        vm.assertEq(address(registry.environmentOf(id).verifier), address(quorum));
    }

    function _part(uint256 i) private view returns (bytes memory) {
        return _partOf(quorum, i, ID, FAR, DEADLINE);
    }

    function _assertVouches(bytes memory statement) private view {
        vm.assertTrue(quorum.verify(ID, _registration(), statement), "vouches");
    }

    function _isOfQuorum(bytes4 selector) private pure returns (bool) {
        return
            selector == IAttesterQuorum.AttesterQuorum_MalformedStatement.selector ||
            selector == IAttesterQuorum.AttesterQuorum_SignaturesNotAscending.selector ||
            selector == IAttesterQuorum.AttesterQuorum_NotAnAttester.selector ||
            selector == IAttesterQuorum.AttesterQuorum_DeadlinePassed.selector ||
            selector == IAttesterQuorum.AttesterQuorum_InvalidSignature.selector ||
            selector == IAttesterQuorum.AttesterQuorum_ThresholdNotReached.selector;
    }

    function _notAscending(address previous, address account) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAttesterQuorum.AttesterQuorum_AttestersNotAscending.selector, previous, account);
    }

    function _invalidName(address account, bytes32 name) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAttesterQuorum.AttesterQuorum_InvalidName.selector, account, name);
    }

    function _signaturesNotAscending(address previous, address attester) private pure returns (bytes memory) {
        return
            abi.encodeWithSelector(IAttesterQuorum.AttesterQuorum_SignaturesNotAscending.selector, previous, attester);
    }

    function _malformed(uint256 offset) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAttesterQuorum.AttesterQuorum_MalformedStatement.selector, offset);
    }

    function _invalidSignature(address attester) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAttesterQuorum.AttesterQuorum_InvalidSignature.selector, attester);
    }

    /// @dev The statement is made before the revert is expected: making it asks the verifier too.
    function _refuses(AttesterQuorum by, bytes memory statement, bytes memory reason) private {
        vm.expectRevert(reason);
        by.verify(ID, _registration(), statement);
    }
}
